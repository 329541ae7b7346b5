/* kernels_real.h - the kernels of one level for one type; included twice by kernels_level.h.
 *
 * REAL is float or double, REAL_FN(name) gives a function's name its type. A level with vectors
 * also defines VECTOR (its type), VECTOR_FMA(a, b, c) and VECTOR_SET(x); without them dense is the
 * plain loop that defines what all levels must give. No guard: it is meant to be included again. */

#include "score/activate.h"

static void REAL_FN(affine)(const void *x_v, const void *const parameters[4], void *y_v, size_t w)
{
    const REAL *center = parameters[0], *divide = parameters[1];
    const REAL *scale = parameters[2], *shift = parameters[3];
    for (size_t i = 0; i < w; i++) {
        const REAL *x = (const REAL *)x_v + i * RC_TILE_ROWS;
        REAL *y = (REAL *)y_v + i * RC_TILE_ROWS;
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] = center != NULL ? x[r] - center[i] : x[r];
        if (divide != NULL)
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] /= divide[i];
        if (scale != NULL)
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] *= scale[i];
        if (shift != NULL)
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] += shift[i];
    }
}

#ifndef VECTOR

static void REAL_FN(dense)(const void *x_v, const void *weights_v, const void *bias_v, void *y_v,
                           size_t w, size_t n_out)
{
    const REAL *x = x_v, *weights = weights_v, *bias = bias_v;
    REAL *y = y_v;
    for (size_t o = 0; o < n_out; o++) {
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            REAL sum = bias[o];
            for (size_t i = 0; i < w; i++)
                sum = REAL_FMA(x[i * RC_TILE_ROWS + r], weights[i * n_out + o], sum);
            y[o * RC_TILE_ROWS + r] = sum;
        }
    }
}

#else

/* Sums held in registers: n_outs outputs (a constant where it is called) of VECTORS vectors. */
static inline __attribute__((always_inline)) void
REAL_FN(dense_block)(const REAL *x, const REAL *weights, const REAL *bias, REAL *y, size_t w,
                     size_t n_out, size_t n_outs)
{
    VECTOR sums[4][VECTORS];
    const size_t lanes = sizeof(VECTOR) / sizeof(REAL);
    for (size_t o = 0; o < n_outs; o++)
        for (size_t v = 0; v < VECTORS; v++)
            sums[o][v] = VECTOR_SET(bias[o]);
    for (size_t i = 0; i < w; i++, x += RC_TILE_ROWS, weights += n_out) {
        for (size_t v = 0; v < VECTORS; v++) {
            VECTOR lane = *(const VECTOR *)(const void *)(x + v * lanes);
            for (size_t o = 0; o < n_outs; o++)
                sums[o][v] = VECTOR_FMA(lane, VECTOR_SET(weights[o]), sums[o][v]);
        }
    }
    for (size_t o = 0; o < n_outs; o++)
        for (size_t v = 0; v < VECTORS; v++)
            *(VECTOR *)(void *)(y + o * RC_TILE_ROWS + v * lanes) = sums[o][v];
}

static void REAL_FN(dense)(const void *x_v, const void *weights_v, const void *bias_v, void *y_v,
                           size_t w, size_t n_out)
{
    const REAL *weights = weights_v, *bias = bias_v;
    const size_t n_rows = VECTORS * sizeof(VECTOR) / sizeof(REAL);
    for (size_t r = 0; r < RC_TILE_ROWS; r += n_rows) {
        const REAL *x = (const REAL *)x_v + r;
        REAL *y = (REAL *)y_v + r;
        size_t o = 0;
        for (; o + 4 <= n_out; o += 4)
            REAL_FN(dense_block)(x, weights + o, bias + o, y + o * RC_TILE_ROWS, w, n_out, 4);
        for (; o < n_out; o++)
            REAL_FN(dense_block)(x, weights + o, bias + o, y + o * RC_TILE_ROWS, w, n_out, 1);
    }
}

#endif

static void REAL_FN(activate_tile)(const rc_activation_spec *spec, void *y, size_t n)
{
    REAL_FN(activate)(spec, y, n);
}

static void REAL_FN(softmax_tile)(void *y, size_t n_classes, bool log)
{
    REAL_FN(softmax)(y, n_classes, RC_TILE_ROWS, RC_TILE_ROWS, log);
}

static void REAL_FN(link_tile)(rc_link link, void *y, size_t n)
{
    REAL_FN(link_apply)(link, y, n);
}

static void REAL_FN(fill)(rc_kernels *kernels)
{
    *kernels = (rc_kernels){
        .affine = REAL_FN(affine),
        .dense = REAL_FN(dense),
        .activate = REAL_FN(activate_tile),
        .softmax = REAL_FN(softmax_tile),
        .link = REAL_FN(link_tile),
    };
}
