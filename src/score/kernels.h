/* kernels.h - the table of loops that a plan runs on, one filling an instruction set. */
#ifndef RC_SCORE_KERNELS_H
#define RC_SCORE_KERNELS_H

#include "model/model.h"

/* Rows of a tile. A column of a tile is RC_TILE_ROWS values in a row: lanes are rows, so that each
 * value is computed by one chain of operations that no vector width can change. */
enum { RC_TILE_ROWS = 64 };

/* Columns that stand in a row. A hot segment of a dense step stands for a one-hot instead: all its
 * columns are 0 but perhaps one, which is 1. */
typedef struct rc_segment {
    bool is_hot;
    size_t first; /* first column; hot: the column of int32_t where the starts go, */
    size_t found; /* hot: and the column of int32_t that says which one is 1, -1 for none */
    size_t row;   /* hot: the first row of its weights */
    size_t w;
} rc_segment;

/* Outputs whose weights stand together in a packed layer. */
enum { RC_PANEL_OUTPUTS = 6 };

/* A layer's parameters; weights are (w, n_out) row-major, bias (n_out). With hot segments a row of
 * zeros follows the weights. Packed weights, without hot segments, are panels one after another:
 * (w, RC_PANEL_OUTPUTS) row-major each, the last one of the outputs that are left. */
typedef struct rc_dense {
    void *weights, *bias;
    rc_segment *segments; /* (n_segments), in the order of the weights' rows */
    size_t n_segments, w, n_out;
    bool is_packed;
} rc_dense;

/* Where the weight of an input and an output stands. */
static inline size_t rc_dense_at(const rc_dense *d, size_t input, size_t output)
{
    if (!d->is_packed)
        return input * d->n_out + output;
    size_t k = output % RC_PANEL_OUTPUTS, first = output - k, rest = d->n_out - first;
    return first * d->w + input * (rest < RC_PANEL_OUTPUTS ? rest : RC_PANEL_OUTPUTS) + k;
}

/* What rc_finder gives for a value that is none of its keys and refuses the row. */
#define RC_REFUSED (-2)

/* From a value to a number: the column of a one-hot, or a row of a table. */
typedef struct rc_finder {
    int32_t *direct; /* keys that are small integers: (highest - lowest + 1); else NULL and */
    double lowest, highest;
    void *sorted;     /* (n) the keys that are no NaN, rising, */
    int32_t *numbers; /* (n) and what they give */
    size_t n;
    int32_t nan, unseen; /* what a NaN gives, and what any other value does; or RC_REFUSED */
    int32_t instead;     /* stands in the place of RC_REFUSED */
} rc_finder;

/* Operand of elementwise: columns, or (stride 0) one for all. */
typedef struct rc_columns {
    const void *x;
    size_t stride; /* values from one column to the next */
} rc_columns;

/* One factor of a product: a column to a power. */
typedef struct rc_term {
    size_t column;
    double power;
    size_t n_times; /* the power, if it is done by multiplication; else 0 */
} rc_term;

/* Edges of all columns in order; those of column i from first[i] to first[i + 1]. */
typedef struct rc_bins {
    void *edges;
    size_t *first; /* (w + 1) */
    size_t w;
    bool right, is_onehot;
} rc_bins;

/* A function of many numbers, in place on RC_TILE_ROWS of them. */
typedef void (*rc_real_batch)(double *x);

/* Arrays of the plan's type (float or double). x and y are tiles: (columns, RC_TILE_ROWS), aligned
 * to 64 bytes; they do not overlap. All rows are computed, also those that hold nothing. */
typedef struct rc_kernels {
    /* y = ((x - center) / divide) * scale + shift, column by column; an absent (NULL) one is not
     * computed. Each of the four is (w). */
    void (*affine)(const void *x, const void *const parameters[4], void *y, size_t w);
    /* y[o] = bias[o] + sum over i, in index order, by fma, of x[i] * weights[i][o]; `columns` is
     * what the segments count in. Of a hot segment only the term that is not 0 is added. */
    void (*dense)(const rc_dense *dense, const void *columns, void *y);
    /* Where each row's numbers begin in the weights: (row + found) * n_out, or those of the zeros.
     */
    void (*starts)(const rc_dense *dense, const rc_segment *hot, const int32_t *found,
                   int32_t *starts);
    /* In place on n values. */
    void (*activate)(const rc_activation_spec *spec, void *y, size_t n);
    /* In place on (n_classes, RC_TILE_ROWS). */
    void (*softmax)(void *y, size_t n_classes, bool log);
    /* In place on n values; not RC_LINK_SOFTMAX, IDENTITY, NONE. */
    void (*link)(rc_link link, void *y, size_t n);
    /* y = x, or values (w) where x is missing. */
    void (*impute)(const void *x, const void *values, double missing, void *y, size_t w);
    /* y[k] = whether column columns[k] of x is missing. */
    void (*indicate)(const void *x, const size_t *columns, size_t n, double missing, void *y);
    /* Each of min and max is (w) or NULL; NaN stays. */
    void (*clip)(const void *x, const void *min, const void *max, void *y, size_t w);
    void (*normalise)(rc_norm norm, const void *x, void *y, size_t w);
    void (*elementwise)(rc_elementwise fn, const rc_columns in[3], void *y, size_t w);
    /* y[o] = the product of terms[first[o]] to terms[first[o + 1] - 1], in this order. */
    void (*product)(const rc_term *terms, const size_t *first, const void *x, void *y,
                    size_t n_out);
    void (*bin)(const rc_bins *bins, const void *x, void *y);
    /* Of one column. Returns bit r for each row r that is refused. */
    uint64_t (*find)(const rc_finder *finder, const void *x, int32_t *found);
    /* Column found[r] of row r is 1, the others of the w are 0. */
    void (*onehot)(const int32_t *found, void *y, size_t w);
    /* Row r is row found[r] of the table (n, w). */
    void (*rows)(const int32_t *found, const void *table, void *y, size_t w);
    /* rc_log_f64 of real.h: with the level's own fma it is many times faster. */
    rc_real_batch log;
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
