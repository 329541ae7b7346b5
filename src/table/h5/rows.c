/* rows.c - rows of an HDF5 table: which are read at once, and their values. */
#include "table/h5/rows.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/spread.h"
#include "base/text.h"
#include "table/h5/rows_state.h"

enum { LEAST_ROWS = 64, MOST_STRETCH = 8 };

/* A variable text is taken to be so long where it is decided how many rows a packet has. */
enum { GUESSED_TEXT_BYTES = 120 };

/* -- What is needed. --------------------------------------------------------------------------- */

rc_status rc_h5_need_init(rc_h5_need *need, const rc_h5_table *table, rc_error *err)
{
    need->columns = rc_alloc_array(table->n_columns, sizeof(bool));
    need->storages = rc_alloc_array(table->n_storages, sizeof(bool));
    if (need->columns != NULL && need->storages != NULL)
        return RC_OK;
    rc_h5_need_release(need);
    return rc_error_nomem(err);
}

rc_status rc_h5_need_add(rc_h5_need *need, const rc_h5_table *table, size_t column, rc_error *err)
{
    const rc_h5_column *c = &table->columns[column];
    if (c->type == RC_H5_UNREADABLE) {
        char quoted[RC_QUOTED_BYTES];
        const char *why = c->why != NULL ? c->why : "an unknown type";
        if (c->name == NULL)
            return rc_error_set(err, RC_E_DATA, "column %zu cannot be read: %s", column + 1, why);
        return rc_error_set(err, RC_E_DATA, "column '%s' cannot be read: %s",
                            rc_text_quote(c->name, c->name_bytes, quoted), why);
    }
    need->columns[column] = true;
    need->storages[c->storage] = true;
    if (c->mask != RC_H5_NONE)
        need->storages[c->mask] = true;
    return RC_OK;
}

void rc_h5_need_release(rc_h5_need *need)
{
    free(need->columns);
    free(need->storages);
    *need = (rc_h5_need){0};
}

/* -- How much at once. ------------------------------------------------------------------------- */

static uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Bytes of a row of a storage in memory if n columns of it are needed: at most those of the whole
 * units that they are in. */
static uint64_t row_bytes(const rc_h5_storage *s, uint64_t n)
{
    uint64_t elements = s->n_columns;
    if (s->kind == RC_H5_CHUNKED)
        elements = multiply(s->chunk_columns, least(n, rc_h5_grid_columns(s)));
    else if (s->kind == RC_H5_CONTIGUOUS && s->is_transposed)
        elements = least(n, s->n_columns);
    return multiply(elements, s->element_bytes);
}

/* Needed columns by storage, masks counted as one; NULL: no memory. */
static size_t *count_needed(const rc_h5_table *table, const rc_h5_need *need)
{
    size_t *n = rc_alloc_array(table->n_storages, sizeof(*n));
    if (n == NULL)
        return NULL;
    for (size_t i = 0; i < table->n_columns; i++)
        if (need->columns[i])
            n[table->columns[i].storage]++;
    for (size_t i = 0; i < table->n_storages; i++)
        if (need->storages[i] && n[i] == 0)
            n[i] = 1;
    return n;
}

static uint64_t all_row_bytes(const rc_h5_table *table, const size_t *n)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < table->n_storages; i++)
        if (n == NULL || n[i] > 0)
            bytes = add(bytes, row_bytes(&table->storages[i], n != NULL ? n[i] : SIZE_MAX));
    return bytes > 0 ? bytes : 1;
}

/* Rows of the longest needed chunks of at most `most` rows; if there are none, of the shortest; if
 * nothing is chunked, as many as a tile has. */
static uint64_t choose_chunk(const rc_h5_table *table, const rc_h5_need *need, uint64_t most)
{
    uint64_t longest = 0, shortest = 0;
    for (size_t i = 0; i < table->n_storages; i++) {
        uint64_t rows = least(table->storages[i].chunk_rows, table->n_rows);
        if (!need->storages[i] || table->storages[i].kind != RC_H5_CHUNKED || rows == 0)
            continue;
        if (rows <= most && rows > longest)
            longest = rows;
        if (shortest == 0 || rows < shortest)
            shortest = rows;
    }
    if (longest > 0)
        return longest;
    return shortest > 0 ? shortest : LEAST_ROWS;
}

static uint64_t guess_texts(const rc_h5_table *table, const rc_h5_need *need)
{
    uint64_t bytes = 0;
    for (size_t c = 0; c < table->n_columns; c++)
        if (need->columns[c] && table->columns[c].type == RC_H5_TEXT_VAR)
            bytes += GUESSED_TEXT_BYTES;
    return bytes;
}

/* A chunk that two packets share is undone twice: the longest chunks decide, as long as that does
 * not make packets much larger than they should be. */
uint64_t rc_h5_packet_rows(const rc_h5_table *table, const rc_h5_need *need, uint64_t packet_bytes)
{
    size_t *n = count_needed(table, need);
    uint64_t want = packet_bytes / add(all_row_bytes(table, n), guess_texts(table, need));
    free(n);
    if (want < LEAST_ROWS)
        want = LEAST_ROWS;
    uint64_t chunk = choose_chunk(table, need, multiply(want, MOST_STRETCH));
    uint64_t rows = chunk < want ? want - want % chunk : chunk;
    if (rows < LEAST_ROWS)
        rows = multiply(chunk, (LEAST_ROWS + chunk - 1) / chunk);
    rows = least(rows, table->n_rows);
    return rows > 0 ? rows : 1;
}

/* Whole chunks around the rows, wherever those begin. */
static uint64_t chunked_rows(const rc_h5_storage *s, uint64_t n)
{
    uint64_t chunks = n / s->chunk_rows + (n % s->chunk_rows != 0 ? 2 : 0);
    return multiply(least(chunks, rc_h5_grid_rows(s)), s->chunk_rows);
}

/* What undoing a chunk of so many bytes takes beside it: as stored, and between two filters. */
static uint64_t chunk_memory(const rc_h5_storage *s, uint64_t n)
{
    uint64_t bytes = rc_h5_stored_bound(s, n);
    if (s->n_filters > 1)
        bytes = add(bytes, multiply(n, least(s->n_filters - 1, 2)));
    return s->is_transposed ? add(bytes, n) : bytes;
}

uint64_t rc_h5_packet_memory(const rc_h5_table *table, const rc_h5_need *need, uint64_t n_rows)
{
    size_t *n = count_needed(table, need);
    uint64_t bytes = 0, most = 0;
    for (size_t i = 0; i < table->n_storages; i++) {
        const rc_h5_storage *s = &table->storages[i];
        uint64_t rows = n_rows;
        if (!need->storages[i])
            continue;
        if (s->kind == RC_H5_CHUNKED) {
            uint64_t one = s->chunk_rows * s->chunk_columns * s->element_bytes;
            uint64_t beside = chunk_memory(s, one);
            most = beside > most ? beside : most;
            rows = chunked_rows(s, n_rows);
        }
        bytes = add(bytes, multiply(rows, row_bytes(s, n != NULL ? n[i] : SIZE_MAX)));
    }
    free(n);
    return add(bytes, most);
}

/* -- One thread's rows. ------------------------------------------------------------------------ */

rc_status rc_h5_rows_open(rc_h5_rows **out, rc_error *err)
{
    *out = rc_alloc_array(1, sizeof(**out));
    return *out != NULL ? RC_OK : rc_error_nomem(err);
}

void rc_h5_rows_close(rc_h5_rows *rows)
{
    if (rows == NULL)
        return;
    rc_h5_undo_release(&rows->undo);
    for (size_t i = 0; i < rows->parts_capacity; i++)
        free(rows->parts[i].data);
    free(rows->stored.data);
    free(rows->whole.data);
    free(rows->parts);
    free(rows->entries);
    free(rows->views);
    free(rows);
}

bool rc_h5_is_number(const rc_h5_column *column)
{
    return column->labels == RC_H5_NONE &&
           (column->type == RC_H5_INT || column->type == RC_H5_UINT ||
            column->type == RC_H5_FLOAT || column->type == RC_H5_BOOL);
}

/* Bits of the rows whose value is pandas' NaT. */
static uint64_t nat_bits(const rc_h5_view *view, size_t from, size_t n)
{
    uint64_t nat = UINT64_C(1) << 63, value, bits = 0;
    nat = view->column->is_big_endian ? __builtin_bswap64(nat) : nat;
    for (size_t r = 0; r < n; r++) {
        memcpy(&value, view->at + (from + r) * view->stride, sizeof(value));
        bits |= (uint64_t)(value == nat) << r;
    }
    return bits;
}

/* Bits of the rows that are missing for another reason than NaN. */
static uint64_t absent_bits(const rc_h5_view *view, size_t from, size_t n)
{
    uint64_t bits =
        view->column->has_nat && view->column->n_bytes == 8 ? nat_bits(view, from, n) : 0;
    if (view->mask != NULL)
        for (size_t r = 0; r < n; r++)
            bits |= (uint64_t)(view->mask[(from + r) * view->mask_stride] != 0) << r;
    return bits;
}

/* Whether one is NaN. The subtraction borrows for those alone. */
static bool has_nan_f64(const double *x, size_t n)
{
    uint64_t seen = 0, bits;
    for (size_t r = 0; r < n; r++) {
        memcpy(&bits, &x[r], sizeof(bits));
        seen |= (UINT64_C(0x7ff) << 52) - (bits & INT64_MAX);
    }
    return seen >> 63 != 0;
}

static bool has_nan_f32(const float *x, size_t n)
{
    uint32_t seen = 0, bits;
    for (size_t r = 0; r < n; r++) {
        memcpy(&bits, &x[r], sizeof(bits));
        seen |= (UINT32_C(0xff) << 23) - (bits & INT32_MAX);
    }
    return seen >> 31 != 0;
}

/* Adds those that are NaN, and makes all of them the one NaN. */
static uint64_t mark_f64(uint64_t missing, size_t n, double *out)
{
    bool any = has_nan_f64(out, n) || missing != 0;
    for (size_t r = 0; any && r < n; r++)
        if (isnan(out[r]) || (missing >> r & 1) != 0) {
            missing |= UINT64_C(1) << r;
            out[r] = (double)NAN;
        }
    return missing;
}

static uint64_t mark_f32(uint64_t missing, size_t n, float *out)
{
    bool any = has_nan_f32(out, n) || missing != 0;
    for (size_t r = 0; any && r < n; r++)
        if (isnan(out[r]) || (missing >> r & 1) != 0) {
            missing |= UINT64_C(1) << r;
            out[r] = NAN;
        }
    return missing;
}

uint64_t rc_h5_rows_f64(const rc_h5_rows *rows, size_t column, size_t from, size_t n, double *out)
{
    const rc_h5_view *view = &rows->views[column];
    view->f64(view->at + from * view->stride, view->stride, n, out);
    return mark_f64(absent_bits(view, from, n), n, out);
}

uint64_t rc_h5_rows_f32(const rc_h5_rows *rows, size_t column, size_t from, size_t n, float *out)
{
    const rc_h5_view *view = &rows->views[column];
    view->f32(view->at + from * view->stride, view->stride, n, out);
    return mark_f32(absent_bits(view, from, n), n, out);
}

bool rc_h5_rows_are_side_by_side(const rc_h5_rows *rows, const size_t columns[RC_H5_FOUR])
{
    const rc_h5_view *first = &rows->views[columns[0]];
    size_t size = first->column->n_bytes;
    if (size != 4 && size != 8)
        return false;
    for (size_t k = 0; k < RC_H5_FOUR; k++) {
        const rc_h5_view *view = &rows->views[columns[k]];
        if (!rc_h5_is_number(view->column) || view->column->n_bytes != size ||
            view->stride != first->stride || view->at != first->at + k * size)
            return false;
    }
    return true;
}

static void spread_four(const rc_h5_view *first, size_t from, size_t n, void *const out[RC_H5_FOUR])
{
    const unsigned char *at = first->at + from * first->stride;
    if (first->column->n_bytes == 4)
        rc_spread_u32(at, first->stride, n, out);
    else
        rc_spread_u64(at, first->stride, n, out);
}

/* Whether values are stored as they are in memory. */
static bool is_as_stored(const rc_h5_view *view, uint32_t n_bytes)
{
    const rc_h5_column *c = view->column;
    return c->type == RC_H5_FLOAT && c->n_bytes == n_bytes && !c->is_big_endian;
}

void rc_h5_rows_four_f64(const rc_h5_rows *rows, const size_t columns[RC_H5_FOUR], size_t from,
                         size_t n, double *const out[RC_H5_FOUR], uint64_t missing[RC_H5_FOUR])
{
    uint64_t spare[RC_H5_FOUR][RC_H5_TILE_ROWS];
    void *stored[RC_H5_FOUR];
    for (size_t k = 0; k < RC_H5_FOUR; k++)
        stored[k] = is_as_stored(&rows->views[columns[k]], 8) ? (void *)out[k] : spare[k];
    spread_four(&rows->views[columns[0]], from, n, stored);
    for (size_t k = 0; k < RC_H5_FOUR; k++) {
        const rc_h5_view *view = &rows->views[columns[k]];
        if (stored[k] != out[k])
            view->f64(stored[k], view->column->n_bytes, n, out[k]);
        missing[k] = mark_f64(absent_bits(view, from, n), n, out[k]);
    }
}

void rc_h5_rows_four_f32(const rc_h5_rows *rows, const size_t columns[RC_H5_FOUR], size_t from,
                         size_t n, float *const out[RC_H5_FOUR], uint64_t missing[RC_H5_FOUR])
{
    uint64_t spare[RC_H5_FOUR][RC_H5_TILE_ROWS];
    void *stored[RC_H5_FOUR];
    for (size_t k = 0; k < RC_H5_FOUR; k++)
        stored[k] = is_as_stored(&rows->views[columns[k]], 4) ? (void *)out[k] : spare[k];
    spread_four(&rows->views[columns[0]], from, n, stored);
    for (size_t k = 0; k < RC_H5_FOUR; k++) {
        const rc_h5_view *view = &rows->views[columns[k]];
        if (stored[k] != out[k])
            view->f32(stored[k], view->column->n_bytes, n, out[k]);
        missing[k] = mark_f32(absent_bits(view, from, n), n, out[k]);
    }
}

/* -- Cells. ------------------------------------------------------------------------------------ */

/* The bits of a number, the lowest n_bytes of what is returned. */
static uint64_t read_bits(const rc_h5_column *column, const unsigned char *at)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < column->n_bytes; i++)
        bits |= (uint64_t)at[column->is_big_endian ? column->n_bytes - 1 - i : i] << (8 * i);
    return bits;
}

static int64_t read_signed(const rc_h5_column *column, const unsigned char *at)
{
    unsigned unused = 64 - 8 * column->n_bytes;
    return (int64_t)(read_bits(column, at) << unused) >> unused;
}

static size_t print_int(int64_t x, char *out)
{
    if (x >= 0)
        return rc_num_print_u64((uint64_t)x, out);
    *out = '-';
    return 1 + rc_num_print_u64(0 - (uint64_t)x, out + 1);
}

static size_t print_float(const rc_h5_view *view, const unsigned char *at, char *out)
{
    double wide;
    float narrow;
    if (view->column->n_bytes == 8) {
        view->f64(at, 0, 1, &wide);
        return isnan(wide) ? 0 : rc_num_print_f64(wide, out);
    }
    view->f32(at, 0, 1, &narrow);
    return isnan(narrow) ? 0 : rc_num_print_f32(narrow, out);
}

/* Index of the label of a code, or n: there is none. */
static size_t find_label(const rc_h5_labels *labels, int64_t code)
{
    size_t low = 0, high = labels->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (labels->values[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < labels->n && labels->values[low] == code ? low : labels->n;
}

static const char *label_cell(const rc_h5_view *view, const unsigned char *at, size_t *n)
{
    const rc_h5_labels *labels = view->labels;
    const rc_h5_column *column = view->column;
    int64_t code =
        column->type == RC_H5_INT ? read_signed(column, at) : (int64_t)read_bits(column, at);
    bool is_negative = column->type == RC_H5_INT && code < 0;
    if (column->type == RC_H5_BOOL)
        code = code != 0;
    size_t i = labels->values != NULL ? find_label(labels, code) : (uint64_t)code;
    *n = 0;
    if (labels->values != NULL ? i == labels->n : is_negative)
        return "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"; /* RC_CSV_SLACK readable bytes */
    if (i >= labels->n)
        return NULL;
    *n = labels->text_bytes[i];
    return labels->texts[i];
}

static const char *fixed_text(const rc_h5_column *column, const unsigned char *at, size_t *n)
{
    const char *text = (const char *)at, *end = memchr(text, '\0', column->n_bytes);
    *n = end != NULL ? (size_t)(end - text) : column->n_bytes;
    while (column->is_space_padded && *n > 0 && text[*n - 1] == ' ')
        --*n;
    return text;
}

static const char *variable_text(const rc_h5_view *view, const unsigned char *at, size_t *n)
{
    uint32_t place[2];
    memcpy(place, at, sizeof(place));
    *n = place[1];
    return view->texts + place[0];
}

static const char *bool_cell(const unsigned char *at, char *out, size_t *n)
{
    *n = *at != 0 ? 4 : 5;
    memcpy(out, *at != 0 ? "true" : "false", *n);
    return out;
}

const char *rc_h5_rows_cell(const rc_h5_rows *rows, size_t column, size_t row,
                            char scratch[RC_H5_CELL_BYTES + 64], size_t *n)
{
    const rc_h5_view *view = &rows->views[column];
    const unsigned char *at = view->at + row * view->stride;
    *n = 0;
    if (absent_bits(view, row, 1) != 0)
        return scratch;
    if (view->labels != NULL)
        return label_cell(view, at, n);
    switch (view->column->type) {
    case RC_H5_INT:
        *n = print_int(read_signed(view->column, at), scratch);
        return scratch;
    case RC_H5_UINT:
        *n = rc_num_print_u64(read_bits(view->column, at), scratch);
        return scratch;
    case RC_H5_FLOAT:
        *n = print_float(view, at, scratch);
        return scratch;
    case RC_H5_BOOL:
        return bool_cell(at, scratch, n);
    case RC_H5_TEXT:
        return fixed_text(view->column, at, n);
    default:
        return variable_text(view, at, n);
    }
}

void rc_h5_rows_raw(const rc_h5_rows *rows, size_t column, size_t from, size_t n, void *out)
{
    const rc_h5_view *view = &rows->views[column];
    const unsigned char *at = view->at + from * view->stride;
    unsigned char *to = out;
    size_t size = view->column->n_bytes;
    for (size_t r = 0; r < n; r++, at += view->stride, to += size) {
        uint64_t bits = read_bits(view->column, at);
        if (view->column->type == RC_H5_BOOL)
            bits = bits != 0;
        memcpy(to, &bits, size); /* little-endian, as base/pow10.h demands of the machine */
    }
}
