/* bench_kernels.c - how near the kernels come to what the machine can do.
 *
 *     bench_kernels MODEL...
 *
 * Prints the peak of fused multiply-adds and the bandwidth of reading memory, both measured here on
 * one thread; each dense layer of MODEL-like shapes as a share of the peak; and for each MODEL what
 * the library makes of float32 rows in memory. Best of several rounds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "score/kernels.h"

enum { ROUNDS = 9, N_VALUES = 1 << 26 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef void job(void *context);

/* The fewest seconds of several rounds. */
static double best(job *run, void *context)
{
    double least = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        double begun = now();
        run(context);
        double took = now() - begun;
        least = took < least ? took : least;
    }
    return least;
}

typedef float vector __attribute__((vector_size(32)));

#if defined(__x86_64__)
#define MULTIPLY_ADD(sum) __asm__("vfmadd231ps %1, %2, %0" : "+x"(sum) : "x"(a), "x"(b))
#else
#define MULTIPLY_ADD(sum) sum += a * b
#endif

/* 12 sums, each behind its last: more than a machine has on their way at once. */
#if defined(__x86_64__)
__attribute__((target("avx2,fma")))
#endif
static void
multiply_add(void *context)
{
    vector *s = context, a = s[12], b = s[13];
    vector s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3], s4 = s[4], s5 = s[5];
    vector s6 = s[6], s7 = s[7], s8 = s[8], s9 = s[9], s10 = s[10], s11 = s[11];
    for (int i = 0; i < 1 << 24; i++) {
        MULTIPLY_ADD(s0);
        MULTIPLY_ADD(s1);
        MULTIPLY_ADD(s2);
        MULTIPLY_ADD(s3);
        MULTIPLY_ADD(s4);
        MULTIPLY_ADD(s5);
        MULTIPLY_ADD(s6);
        MULTIPLY_ADD(s7);
        MULTIPLY_ADD(s8);
        MULTIPLY_ADD(s9);
        MULTIPLY_ADD(s10);
        MULTIPLY_ADD(s11);
    }
    s[0] = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
}

static double peak(void)
{
    vector sums[14];
    memset(sums, 0, sizeof(sums));
    return 12.0 * 8 * 2 * (1 << 24) / best(multiply_add, sums) * 1e-9;
}

static void read_all(void *context)
{
    const uint64_t *x = context;
    uint64_t sums[8] = {0};
    for (size_t i = 0; i < N_VALUES / 2; i += 8)
        for (int k = 0; k < 8; k++)
            sums[k] += x[i + (size_t)k];
    for (int k = 0; k < 8; k++)
        __asm__ volatile("" : : "r"(sums[k]));
}

/* A layer over one tile, again and again. */
typedef struct layer {
    const rc_kernels *kernels;
    rc_dense dense;
    void *x, *y;
    size_t n_times;
} layer;

static void run_layer(void *context)
{
    layer *l = context;
    const rc_activation_spec relu = {.fn = RC_ACT_RELU};
    for (size_t i = 0; i < l->n_times; i++) {
        l->kernels->dense(&l->dense, l->x, l->y);
        l->kernels->activate(&relu, l->y, l->dense.n_out * RC_TILE_ROWS);
    }
}

static void measure_layer(const rc_kernels *kernels, rc_dtype dtype, size_t w, size_t n_out,
                          double most)
{
    size_t bytes = dtype == RC_FLOAT32 ? sizeof(float) : sizeof(double);
    rc_segment all = {.w = w};
    layer l = {.kernels = kernels, .n_times = ((size_t)1 << 27) / (w * n_out * RC_TILE_ROWS) + 1};
    l.dense =
        (rc_dense){.segments = &all, .n_segments = 1, .w = w, .n_out = n_out, .is_packed = true};
    l.dense.weights = rc_alloc_aligned(w * n_out, bytes);
    l.dense.bias = rc_alloc_aligned(n_out, bytes);
    l.x = rc_alloc_aligned(w * RC_TILE_ROWS, bytes);
    l.y = rc_alloc_aligned(n_out * RC_TILE_ROWS, bytes);
    if (l.dense.weights == NULL || l.dense.bias == NULL || l.x == NULL || l.y == NULL)
        exit(1);
    double flops = 2.0 * (double)(w * n_out * RC_TILE_ROWS) * (double)l.n_times;
    double rate = flops / best(run_layer, &l) * 1e-9;
    printf("  %s %4zu -> %-4zu %7.1f GFLOP/s  %3.0f %% of the peak\n",
           dtype == RC_FLOAT32 ? "float32" : "float64", w, n_out, rate, 100 * rate / most);
    free(l.dense.weights);
    free(l.dense.bias);
    free(l.x);
    free(l.y);
}

static void measure_layers(double most)
{
    static const size_t shapes[][2] = {{28, 1},    {28, 64},   {64, 64},  {64, 1},   {8, 8},
                                       {784, 512}, {512, 256}, {256, 10}, {100, 100}};
    for (int dtype = 0; dtype < 2; dtype++) {
        rc_kernels kernels;
        rc_cpu_level level = RC_CPU_AUTO;
        if (rc_kernels_pick(&kernels, &level, (rc_dtype)dtype, NULL) < 0)
            exit(1);
        for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
            measure_layer(&kernels, (rc_dtype)dtype, shapes[i][0], shapes[i][1],
                          dtype == RC_FLOAT32 ? most : most / 2);
    }
}

/* Rows in memory through the library. */
typedef struct block {
    rc_scorer *scorer;
    rc_workspace *workspace;
    rc_rows_f32 rows;
    rc_scores_f32 scores;
} block;

static void run_block(void *context)
{
    block *b = context;
    if (rc_scorer_score_f32(b->scorer, b->workspace, &b->rows, &b->scores, NULL) < 0)
        exit(1);
}

static void measure_model(const char *path, float *x, double bandwidth)
{
    block b;
    rc_error err;
    rc_scorer_info info = {.struct_bytes = sizeof(info)};
    if (rc_scorer_open(&b.scorer, path, NULL, &err) < 0 ||
        rc_scorer_describe(b.scorer, &info, &err) < 0 ||
        rc_workspace_open(&b.workspace, b.scorer, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    size_t n_rows = N_VALUES / info.n_inputs / (info.n_inputs > 100 ? 16 : 1);
    b.rows = (rc_rows_f32){.x = x, .n_rows = n_rows};
    b.scores = (rc_scores_f32){.value = malloc(n_rows * (info.n_classes + 1) * sizeof(float))};
    double seconds = best(run_block, &b), gb = 4e-9 * (double)(n_rows * info.n_inputs) / seconds;
    printf("  %-24s %9.3g rows/s  %6.2f GB/s in, %3.0f %% of the bandwidth\n", path,
           (double)n_rows / seconds, gb, 100 * gb / bandwidth);
    free(b.scores.value);
    rc_workspace_close(b.workspace);
    rc_scorer_close(b.scorer);
}

int main(int argc, char **argv)
{
    float *x = rc_alloc_aligned(N_VALUES, sizeof(float));
    if (x == NULL)
        return 1;
    for (size_t i = 0; i < N_VALUES; i++)
        x[i] = (float)(i * 2654435761u % 65536) / 65536;
    double most = peak(), bandwidth = 4e-9 * N_VALUES / best(read_all, x);
    printf("one thread: %.1f GFLOP/s of float32 in 256 bits, %.1f GB/s\n", most, bandwidth);
    measure_layers(most);
    for (int i = 1; i < argc; i++)
        measure_model(argv[i], x, bandwidth);
    free(x);
    return 0;
}
