/* kernels_keys.h - kernels that hold a column against keys, for one type; a template as
 * kernels_real.h, which includes it.
 * No guard: it is meant to be included again. */

static void REAL_FN(find_direct)(const rc_finder *f, const REAL *x, int32_t *restrict found)
{
    const REAL lowest = (REAL)f->lowest, highest = (REAL)f->highest;
    const int32_t first = (int32_t)f->lowest, nan = f->nan, unseen = f->unseen;
    const int32_t *direct = f->direct;
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        REAL cut = x[r] >= lowest ? x[r] : lowest; /* a NaN, too */
        cut = cut <= highest ? cut : highest;
        int32_t key = (int32_t)cut;
        int32_t number = direct[key - first];
        int32_t other = x[r] != x[r] ? nan : unseen;
        found[r] = (REAL)key == x[r] ? number : other;
    }
}

static void REAL_FN(find_sorted)(const rc_finder *f, const REAL *x, int32_t *found)
{
    const REAL *sorted = f->sorted;
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        size_t at = 0;
        for (size_t n = f->n; n > 1; n -= n / 2) /* the last key <= x, if there is one */
            at += sorted[at + n / 2] <= x[r] ? n / 2 : 0;
        int32_t other = x[r] != x[r] ? f->nan : f->unseen;
        found[r] = f->n > 0 && sorted[at] == x[r] ? f->numbers[at] : other;
    }
}

static uint64_t REAL_FN(find)(const rc_finder *f, const void *x, int32_t *found)
{
    if (f->direct != NULL)
        REAL_FN(find_direct)(f, x, found);
    else
        REAL_FN(find_sorted)(f, x, found);
    uint64_t refused = 0;
    if (f->unseen == RC_REFUSED || f->nan == RC_REFUSED)
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            refused |= (uint64_t)(found[r] == RC_REFUSED) << r;
            found[r] = found[r] == RC_REFUSED ? f->instead : found[r];
        }
    return refused;
}

static void REAL_FN(onehot)(const int32_t *found, void *y_v, size_t w)
{
    REAL *y = y_v;
    memset(y, 0, w * RC_TILE_ROWS * sizeof(REAL));
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        if (found[r] >= 0)
            y[(size_t)found[r] * RC_TILE_ROWS + r] = 1;
}

static void REAL_FN(rows)(const int32_t *found, const void *table_v, void *y_v, size_t w)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        const REAL *row = (const REAL *)table_v + (size_t)found[r] * w;
        REAL *y = (REAL *)y_v + r;
        for (size_t i = 0; i < w; i++)
            y[i * RC_TILE_ROWS] = row[i];
    }
}

static void REAL_FN(starts)(const rc_dense *d, const rc_segment *hot, const int32_t *found,
                            int32_t *starts)
{
    const int32_t n_out = (int32_t)d->n_out, row = (int32_t)hot->row, none = (int32_t)d->w;
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        starts[r] = (found[r] < 0 ? none : row + found[r]) * n_out;
    /* The layer reads these rows in an order that no machine foresees: they are fetched here. */
    const size_t line = 64, most = 8 * line, bytes = d->n_out * sizeof(REAL);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        for (size_t at = 0; at < bytes && at < most; at += line)
            __builtin_prefetch((const char *)d->weights + (size_t)starts[r] * sizeof(REAL) + at);
}
