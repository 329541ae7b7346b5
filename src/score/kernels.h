/* kernels.h - the table of loops that a plan runs on, one filling an instruction set. */
#ifndef RC_SCORE_KERNELS_H
#define RC_SCORE_KERNELS_H

#include "model/model.h"

/* Rows of a tile. A column of a tile is RC_TILE_ROWS values in a row: lanes are rows, so that each
 * value is computed by one chain of operations that no vector width can change. */
enum { RC_TILE_ROWS = 64 };

/* Arrays of the plan's type (float or double). x and y are tiles: (columns, RC_TILE_ROWS), aligned
 * to 64 bytes. All rows are computed, also those that hold nothing. */
typedef struct rc_kernels {
    /* y = ((x - center) / divide) * scale + shift, column by column; an absent (NULL) one is not
     * computed. Each of the four is (w). */
    void (*affine)(const void *x, const void *const parameters[4], void *y, size_t w);
    /* y[o] = bias[o] + sum over i, in index order, by fma, of x[i] * weights[i][o]. weights is
     * (w, n_out) row-major, bias (n_out). x and y do not overlap. */
    void (*dense)(const void *x, const void *weights, const void *bias, void *y, size_t w,
                  size_t n_out);
    /* In place on n values. */
    void (*activate)(const rc_activation_spec *spec, void *y, size_t n);
    /* In place on (n_classes, RC_TILE_ROWS). */
    void (*softmax)(void *y, size_t n_classes, bool log);
    /* In place on n values; not RC_LINK_SOFTMAX, IDENTITY, NONE. */
    void (*link)(rc_link link, void *y, size_t n);
} rc_kernels;

/**
 * The kernels of a level for a type. RC_CPU_AUTO takes the best that this machine has and sets
 * *level to it. Errors: RC_E_SYSTEM if the machine or this build lacks the level.
 */
rc_status rc_kernels_pick(rc_kernels *kernels, rc_cpu_level *level, rc_dtype dtype, rc_error *err);

/* "scalar", "avx2", ... */
const char *rc_cpu_level_name(rc_cpu_level level);

/* Each level's own table; kernels_scalar.c is the reference. */
void rc_kernels_scalar_fill(rc_kernels *kernels, rc_dtype dtype);
void rc_kernels_avx2_fill(rc_kernels *kernels, rc_dtype dtype);
void rc_kernels_avx512_fill(rc_kernels *kernels, rc_dtype dtype);

#endif
