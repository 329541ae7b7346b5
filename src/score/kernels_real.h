/* kernels_real.h - the kernels of one level for one type; included twice by the level's file.
 *
 * REAL is float or double, REAL_FN(name) gives a function's name its type. A level with vectors
 * also defines VECTOR (its type), VECTOR_FMA(a, b, c), VECTOR_SET(x), VECTOR_GATHER(base, at)
 * of int32_t at, and VECTOR_ROWS(base, at, out), which gathers from base, base + 1 .. base + 3 into
 * out[0] .. out[3]; without them dense is the plain loop that defines what all levels must give.
 *
 * No guard: it is meant to be included again. */

#include "score/activate.h"
#include "score/kernels_fn.h"
#include "score/kernels_keys.h"
#include "score/kernels_steps.h"

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

/* The sum of output o and row r goes on over a segment, whose first row of weights is `input`. */
static inline REAL REAL_FN(dense_sum)(const rc_dense *d, const rc_segment *s, const REAL *columns,
                                      size_t input, size_t o, size_t r, REAL sum)
{
    const REAL *x = columns + s->first * RC_TILE_ROWS;
    if (s->is_hot)
        return sum + ((const REAL *)d->weights)[(size_t)((const int32_t *)(const void *)x)[r] + o];
    for (size_t i = 0; i < s->w; i++)
        sum = REAL_FMA(x[i * RC_TILE_ROWS + r],
                       ((const REAL *)d->weights)[rc_dense_at(d, input + i, o)], sum);
    return sum;
}

static void REAL_FN(dense)(const rc_dense *d, const void *columns, void *y_v)
{
    const REAL *bias = d->bias;
    REAL *y = y_v;
    for (size_t o = 0; o < d->n_out; o++) {
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            REAL sum = bias[o];
            for (size_t s = 0, input = 0; s < d->n_segments; input += d->segments[s++].w)
                sum = REAL_FN(dense_sum)(d, &d->segments[s], columns, input, o, r, sum);
            y[o * RC_TILE_ROWS + r] = sum;
        }
    }
}

#else

#ifndef MOST_VECTORS
#define MOST_VECTORS 8
#endif

/* Sums held in registers: n_outs outputs (a constant where it is called) of VECTORS vectors, from
 * output o and row r on; 4 outputs or 1. */
static inline __attribute__((always_inline)) void REAL_FN(dense_block)(const rc_dense *d,
                                                                       const REAL *columns, REAL *y,
                                                                       size_t o, size_t r,
                                                                       size_t n_outs)
{
    VECTOR sums[4][VECTORS];
    const size_t lanes = sizeof(VECTOR) / sizeof(REAL);
    const REAL *weights = (const REAL *)d->weights + o;
    for (size_t k = 0; k < n_outs; k++)
        for (size_t v = 0; v < VECTORS; v++)
            sums[k][v] = VECTOR_SET(((const REAL *)d->bias)[o + k]);
    for (const rc_segment *s = d->segments; s < d->segments + d->n_segments; s++) {
        const REAL *x = columns + s->first * RC_TILE_ROWS + r;
        if (s->is_hot) {
            const int32_t *starts =
                (const int32_t *)(const void *)(columns + s->first * RC_TILE_ROWS) + r;
            for (size_t v = 0; v < VECTORS; v++) {
                VECTOR rows[4];
                if (n_outs == 4)
                    VECTOR_ROWS((const REAL *)d->weights + o, starts + v * lanes, rows);
                else
                    rows[0] = VECTOR_GATHER((const REAL *)d->weights + o, starts + v * lanes);
                for (size_t k = 0; k < n_outs; k++)
                    sums[k][v] += rows[k];
            }
            weights += s->w * d->n_out;
            continue;
        }
        for (size_t i = 0; i < s->w; i++, x += RC_TILE_ROWS, weights += d->n_out) {
            for (size_t v = 0; v < VECTORS; v++) {
                VECTOR lane = *(const VECTOR *)(const void *)(x + v * lanes);
                for (size_t k = 0; k < n_outs; k++)
                    sums[k][v] = VECTOR_FMA(lane, VECTOR_SET(weights[k]), sums[k][v]);
            }
        }
    }
    for (size_t k = 0; k < n_outs; k++)
        for (size_t v = 0; v < VECTORS; v++)
            *(VECTOR *)(void *)(y + (o + k) * RC_TILE_ROWS + r + v * lanes) = sums[k][v];
}

/* The same of a panel: n_outs outputs that stand together, n_vectors vectors of rows (both
 * constants where it is called). weights, bias and y are the panel's. */
static inline __attribute__((always_inline)) void
REAL_FN(dense_panel)(const rc_dense *d, const REAL *columns, const REAL *weights, const REAL *bias,
                     REAL *y, const size_t n_outs, const size_t n_vectors)
{
    const size_t lanes = sizeof(VECTOR) / sizeof(REAL);
    VECTOR sums[RC_PANEL_OUTPUTS][MOST_VECTORS];
    for (size_t k = 0; k < n_outs; k++)
        for (size_t v = 0; v < n_vectors; v++)
            sums[k][v] = VECTOR_SET(bias[k]);
    for (const rc_segment *s = d->segments; s < d->segments + d->n_segments; s++) {
        const REAL *x = columns + s->first * RC_TILE_ROWS;
        for (size_t i = 0; i < s->w; i++, x += RC_TILE_ROWS, weights += n_outs) {
            VECTOR rows[MOST_VECTORS];
            for (size_t v = 0; v < n_vectors; v++)
                rows[v] = *(const VECTOR *)(const void *)(x + v * lanes);
            for (size_t k = 0; k < n_outs; k++) {
                VECTOR weight = VECTOR_SET(weights[k]);
                for (size_t v = 0; v < n_vectors; v++)
                    sums[k][v] = VECTOR_FMA(rows[v], weight, sums[k][v]);
            }
        }
    }
    for (size_t k = 0; k < n_outs; k++)
        for (size_t v = 0; v < n_vectors; v++)
            *(VECTOR *)(void *)(y + k * RC_TILE_ROWS + v * lanes) = sums[k][v];
}

/* All rows of a panel: the fewer its outputs, the more rows at a time, so that enough sums are on
 * their way at once. */
static inline __attribute__((always_inline)) void REAL_FN(dense_rows)(const rc_dense *d,
                                                                      const REAL *columns, REAL *y,
                                                                      size_t o, const size_t n_outs,
                                                                      const size_t vectors)
{
    const size_t lanes = sizeof(VECTOR) / sizeof(REAL), all = RC_TILE_ROWS / lanes;
    const size_t n_vectors = vectors < all ? vectors : all;
    for (size_t r = 0; r < RC_TILE_ROWS; r += n_vectors * lanes)
        REAL_FN(dense_panel)
    (d, columns + r, (const REAL *)d->weights + o * d->w, (const REAL *)d->bias + o,
     y + o * RC_TILE_ROWS + r, n_outs, n_vectors);
}

static void REAL_FN(dense_packed)(const rc_dense *d, const REAL *columns, REAL *y)
{
    size_t o = 0;
    for (; o + RC_PANEL_OUTPUTS <= d->n_out; o += RC_PANEL_OUTPUTS)
        REAL_FN(dense_rows)(d, columns, y, o, RC_PANEL_OUTPUTS, VECTORS);
    switch (d->n_out - o) {
    case 5:
        REAL_FN(dense_rows)(d, columns, y, o, 5, VECTORS);
        break;
    case 4:
        REAL_FN(dense_rows)(d, columns, y, o, 4, VECTORS);
        break;
    case 3:
        REAL_FN(dense_rows)(d, columns, y, o, 3, 2 * VECTORS);
        break;
    case 2:
        REAL_FN(dense_rows)(d, columns, y, o, 2, 2 * VECTORS);
        break;
    case 1:
        REAL_FN(dense_rows)(d, columns, y, o, 1, MOST_VECTORS);
        break;
    }
}

static void REAL_FN(dense)(const rc_dense *d, const void *columns, void *y)
{
    if (d->is_packed) {
        REAL_FN(dense_packed)(d, columns, y);
        return;
    }
    const size_t n_rows = VECTORS * sizeof(VECTOR) / sizeof(REAL);
    for (size_t r = 0; r < RC_TILE_ROWS; r += n_rows) {
        size_t o = 0;
        for (; o + 4 <= d->n_out; o += 4)
            REAL_FN(dense_block)(d, columns, y, o, r, 4);
        for (; o < d->n_out; o++)
            REAL_FN(dense_block)(d, columns, y, o, r, 1);
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

static void REAL_FN(log_of)(double *x)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        x[r] = rc_log_f64(x[r]);
}

static void REAL_FN(fill)(rc_kernels *kernels)
{
    *kernels = (rc_kernels){
        .affine = REAL_FN(affine),
        .dense = REAL_FN(dense),
        .activate = REAL_FN(activate_tile),
        .softmax = REAL_FN(softmax_tile),
        .log = REAL_FN(log_of),
        .link = REAL_FN(link_tile),
        .starts = REAL_FN(starts),
        .impute = REAL_FN(impute),
        .indicate = REAL_FN(indicate),
        .clip = REAL_FN(clip),
        .normalise = REAL_FN(normalise),
        .elementwise = REAL_FN(elementwise),
        .product = REAL_FN(product),
        .bin = REAL_FN(bin),
        .find = REAL_FN(find),
        .onehot = REAL_FN(onehot),
        .rows = REAL_FN(rows),
    };
}
