/* bench_num.c - nanoseconds a number, parsed and printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "base/num.h"

enum { N = 1 << 16, ROUNDS = 50, CELL_BYTES = 40 };

typedef struct column {
    char text[N * CELL_BYTES + RC_NUM_SLACK];
    unsigned end[N]; /* of each cell; a comma follows */
    double value[N];
} column;

typedef double (*job)(const column *c);

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static double parse_f64(const column *c)
{
    double sum = 0, x = 0;
    for (unsigned i = 0, from = 0; i < N; from = c->end[i++] + 1)
        if (rc_num_parse_f64(c->text + from, c->text + c->end[i], &x))
            sum += x;
    return sum;
}

static double parse_f32(const column *c)
{
    double sum = 0;
    float x = 0;
    for (unsigned i = 0, from = 0; i < N; from = c->end[i++] + 1)
        if (rc_num_parse_f32(c->text + from, c->text + c->end[i], &x))
            sum += x;
    return sum;
}

/* What the best level of this machine makes of 64 cells at once. */
static double parse_f32s(const column *c)
{
    rc_num_parsers parse = rc_num_parsers_of(rc_cpu_has(RC_CPU_AVX2) ? RC_CPU_AVX2 : RC_CPU_SCALAR);
    const char *texts[RC_NUM_MOST_TEXTS];
    uint32_t lengths[RC_NUM_MOST_TEXTS];
    float x[RC_NUM_MOST_TEXTS];
    double sum = 0;
    for (unsigned i = 0, from = 0; i < N; i += RC_NUM_MOST_TEXTS) {
        for (unsigned k = 0; k < RC_NUM_MOST_TEXTS; from = c->end[i + k++] + 1) {
            texts[k] = c->text + from;
            lengths[k] = c->end[i + k] - from;
        }
        parse.f32s(texts, lengths, RC_NUM_MOST_TEXTS, x);
        for (unsigned k = 0; k < RC_NUM_MOST_TEXTS; k++)
            sum += x[k];
    }
    return sum;
}

static double parse_f64s(const column *c)
{
    rc_num_parsers parse = rc_num_parsers_of(rc_cpu_has(RC_CPU_AVX2) ? RC_CPU_AVX2 : RC_CPU_SCALAR);
    const char *texts[RC_NUM_MOST_TEXTS];
    uint32_t lengths[RC_NUM_MOST_TEXTS];
    double x[RC_NUM_MOST_TEXTS], sum = 0;
    for (unsigned i = 0, from = 0; i < N; i += RC_NUM_MOST_TEXTS) {
        for (unsigned k = 0; k < RC_NUM_MOST_TEXTS; from = c->end[i + k++] + 1) {
            texts[k] = c->text + from;
            lengths[k] = c->end[i + k] - from;
        }
        parse.f64s(texts, lengths, RC_NUM_MOST_TEXTS, x);
        for (unsigned k = 0; k < RC_NUM_MOST_TEXTS; k++)
            sum += x[k];
    }
    return sum;
}

static double parse_c(const column *c)
{
    double sum = 0;
    for (unsigned i = 0, from = 0; i < N; from = c->end[i++] + 1)
        sum += strtod(c->text + from, NULL);
    return sum;
}

static double print_f64(const column *c)
{
    char out[RC_NUM_BYTES];
    size_t n = 0;
    for (unsigned i = 0; i < N; i++)
        n += rc_num_print_f64(c->value[i], out);
    return (double)n;
}

static double print_f32(const column *c)
{
    char out[RC_NUM_BYTES];
    size_t n = 0;
    for (unsigned i = 0; i < N; i++)
        n += rc_num_print_f32((float)c->value[i], out);
    return (double)n;
}

static double print_c(const column *c)
{
    char out[64];
    size_t n = 0;
    for (unsigned i = 0; i < N; i++)
        n += (size_t)snprintf(out, sizeof(out), "%.17g", c->value[i]);
    return (double)n;
}

static void measure(const char *what, job run, const column *c, int n_rounds)
{
    double best = 1e9, sum = 0;
    for (int i = 0; i < n_rounds; i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        sum = run(c);
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ns = 1e9 * (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec);
        best = ns < best ? ns : best;
    }
    printf("  %-10s %6.1f ns  (%g)\n", what, best / N, sum);
}

/* kind: a printf format for a double, or one of the names below */
static double fill_cell(uint64_t *seed, const char *kind)
{
    double unit = (double)(next_random(seed) >> 11) * 0x1p-53 * 2 - 1;
    if (strcmp(kind, "integer") == 0)
        return (double)(int64_t)(unit * (next_random(seed) % 2 == 0 ? 10 : 100000));
    return unit * (next_random(seed) % 4 == 0 ? 100 : 1);
}

static void fill(column *c, const char *kind)
{
    uint64_t seed = 1;
    unsigned at = 0;
    for (unsigned i = 0; i < N; i++) {
        char *to = c->text + at;
        c->value[i] = fill_cell(&seed, kind);
        size_t n;
        if (kind[0] == '%')
            n = (size_t)snprintf(to, CELL_BYTES, kind, c->value[i]);
        else if (strcmp(kind, "shortest float") == 0)
            n = rc_num_print_f32((float)c->value[i], to);
        else
            n = rc_num_print_f64(c->value[i], to);
        c->end[i] = at += (unsigned)n;
        c->text[at++] = ',';
    }
}

int main(void)
{
    static const char *const kinds[] = {"%.7f",   "%.9g",  "shortest float", "shortest double",
                                        "%.17g",  "%.18e", "%.6e",           "integer",
                                        "%10.4f", "%.25f"};
    column *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return 1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        fill(c, kinds[i]);
        printf("%s: '%.*s'\n", kinds[i], (int)c->end[0], c->text);
        measure("parse f64", parse_f64, c, ROUNDS);
        measure("parse f32", parse_f32, c, ROUNDS);
        measure("64 f64", parse_f64s, c, ROUNDS);
        measure("64 f32", parse_f32s, c, ROUNDS);
        measure("strtod", parse_c, c, ROUNDS / 10);
        measure("print f64", print_f64, c, ROUNDS);
        measure("print f32", print_f32, c, ROUNDS);
        measure("%.17g", print_c, c, ROUNDS / 10);
    }
    free(c);
    return 0;
}
