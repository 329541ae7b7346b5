/* kernels_steps.h - kernels of steps that work column by column, for one type; a template as
 * kernels_real.h, which includes it.
 *
 * Each operation is rounded to REAL, as frameworks do.
 * No guard: it is meant to be included again. */

/* y = then where x is missing, else otherwise. */
static inline void REAL_FN(choose)(const REAL *x, REAL missing, REAL then, const REAL *otherwise,
                                   REAL *y)
{
    if (missing != missing)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] = x[r] != x[r] ? then : otherwise[r];
    else
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] = x[r] == missing ? then : otherwise[r];
}

static void REAL_FN(impute)(const void *x_v, const void *values_v, double missing_value, void *y_v,
                            size_t w)
{
    const REAL missing = (REAL)missing_value, *values = values_v;
    for (size_t i = 0; i < w; i++) {
        const REAL *x = (const REAL *)x_v + i * RC_TILE_ROWS;
        REAL *y = (REAL *)y_v + i * RC_TILE_ROWS;
        REAL_FN(choose)(x, missing, values[i], x, y);
    }
}

static void REAL_FN(indicate)(const void *x_v, const size_t *columns, size_t n,
                              double missing_value, void *y_v)
{
    const REAL missing = (REAL)missing_value, zeros[RC_TILE_ROWS] = {0};
    for (size_t k = 0; k < n; k++) {
        const REAL *x = (const REAL *)x_v + columns[k] * RC_TILE_ROWS;
        REAL *y = (REAL *)y_v + k * RC_TILE_ROWS;
        REAL_FN(choose)(x, missing, 1, zeros, y);
    }
}

static void REAL_FN(clip)(const void *x_v, const void *min_v, const void *max_v, void *y_v,
                          size_t w)
{
    const REAL *min = min_v, *max = max_v;
    for (size_t i = 0; i < w; i++) {
        const REAL *x = (const REAL *)x_v + i * RC_TILE_ROWS;
        REAL *y = (REAL *)y_v + i * RC_TILE_ROWS;
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] = min != NULL && x[r] < min[i] ? min[i] : x[r];
        if (max != NULL)
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] = y[r] > max[i] ? max[i] : y[r];
    }
}

/* The norm of each row. A NaN gives a NaN; squares may overflow, as scikit-learn's do. */
static void REAL_FN(norms)(rc_norm norm, const REAL *x, REAL *sums, size_t w)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        sums[r] = 0;
    for (size_t i = 0; i < w; i++, x += RC_TILE_ROWS)
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            REAL a = x[r] < 0 ? -x[r] : x[r];
            REAL most = a > sums[r] || a != a ? a : sums[r];
            REAL sum = sums[r] + (norm == RC_NORM_L2 ? a * a : a);
            sums[r] = norm == RC_NORM_MAX ? most : sum;
        }
    if (norm == RC_NORM_L2)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            sums[r] = (REAL)sqrt((double)sums[r]); /* exact to the last bit for float, too */
}

static void REAL_FN(normalise)(rc_norm norm, const void *x_v, void *y_v, size_t w)
{
    REAL sums[RC_TILE_ROWS];
    REAL_FN(norms)(norm, x_v, sums, w);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        sums[r] = sums[r] == 0 ? 1 : sums[r];
    for (size_t i = 0; i < w; i++) {
        const REAL *x = (const REAL *)x_v + i * RC_TILE_ROWS;
        REAL *y = (REAL *)y_v + i * RC_TILE_ROWS;
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] = x[r] / sums[r];
    }
}

static void REAL_FN(multiply)(const rc_term *term, const REAL *x, REAL *y)
{
    if (term->n_times == 0)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] *= (REAL)rc_pow_f64((double)x[r], term->power);
    for (size_t k = 0; k < term->n_times; k++)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] *= x[r];
}

static void REAL_FN(product)(const rc_term *terms, const size_t *first, const void *x_v, void *y_v,
                             size_t n_out)
{
    for (size_t o = 0; o < n_out; o++) {
        REAL *y = (REAL *)y_v + o * RC_TILE_ROWS;
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            y[r] = 1;
        for (size_t t = first[o]; t < first[o + 1]; t++)
            REAL_FN(multiply)(&terms[t], (const REAL *)x_v + terms[t].column * RC_TILE_ROWS, y);
    }
}

/* How many of n rising edges are <= x (right: < x). */
static void REAL_FN(count_few)(const REAL *edges, size_t n, bool right, const REAL *x, REAL *y)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        y[r] = 0;
    for (size_t e = 0; e < n; e++) {
        const REAL edge = edges[e];
        if (right)
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] += edge < x[r] ? 1 : 0;
        else
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] += edge <= x[r] ? 1 : 0;
    }
}

static void REAL_FN(count_many)(const REAL *edges, size_t n, bool right, const REAL *x, REAL *y)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        size_t low = 0, high = n;
        while (low < high) {
            size_t e = low + (high - low) / 2;
            if (right ? edges[e] < x[r] : edges[e] <= x[r])
                low = e + 1;
            else
                high = e;
        }
        y[r] = (REAL)low;
    }
}

static void REAL_FN(bin)(const rc_bins *bins, const void *x_v, void *y_v)
{
    enum { FEW = 32 }; /* that many comparisons in vectors cost what a search costs */
    REAL counts[RC_TILE_ROWS], *y = y_v;
    for (size_t i = 0; i < bins->w; i++) {
        const REAL *x = (const REAL *)x_v + i * RC_TILE_ROWS;
        const REAL *edges = (const REAL *)bins->edges + bins->first[i];
        size_t n = bins->first[i + 1] - bins->first[i];
        (n <= FEW ? REAL_FN(count_few) : REAL_FN(count_many))(edges, n, bins->right, x, counts);
        size_t n_columns = bins->is_onehot ? n + 1 : 1;
        for (size_t k = 0; k < n_columns; k++, y += RC_TILE_ROWS)
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                y[r] = !bins->is_onehot ? counts[r] : counts[r] == (REAL)k ? 1 : 0;
    }
}
