/* tape_arrays.c - numbers of a tape: in its text where they are few, else behind it. */
#include "model/foreign/tape_state.h"

#include <endian.h>
#include <math.h>

#include "base/num.h"

/* So many numbers stand in the text of the model. */
enum { INLINE_NUMBERS = 16 };

/* -- numbers as they stand in files --------------------------------------------------------------
 */

size_t rc_number_bytes(rc_number_type type)
{
    static const unsigned char bytes[] = {
        [RC_NUMBER_F64] = 8,  [RC_NUMBER_F32] = 4, [RC_NUMBER_F16] = 2, [RC_NUMBER_BF16] = 2,
        [RC_NUMBER_I64] = 8,  [RC_NUMBER_I32] = 4, [RC_NUMBER_I16] = 2, [RC_NUMBER_I8] = 1,
        [RC_NUMBER_U64] = 8,  [RC_NUMBER_U32] = 4, [RC_NUMBER_U16] = 2, [RC_NUMBER_U8] = 1,
        [RC_NUMBER_BOOL] = 1,
    };
    return bytes[type];
}

bool rc_number_is_narrow(rc_number_type type)
{
    return type != RC_NUMBER_F64 && type != RC_NUMBER_I64 && type != RC_NUMBER_U64 &&
           type != RC_NUMBER_I32 && type != RC_NUMBER_U32;
}

static double of_f32_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return (double)x;
}

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction. */
static double of_f16_bits(unsigned bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = bits & 1023;
    double x = exponent == 31  ? (fraction > 0 ? (double)NAN : (double)INFINITY)
               : exponent == 0 ? ldexp(fraction, -24)
                               : ldexp(1024 + fraction, exponent - 25);
    return (bits >> 15) != 0 ? -x : x;
}

static uint64_t bits_at(const void *data, size_t i, size_t n_bytes)
{
    uint64_t bits = 0;
    memcpy(&bits, (const char *)data + i * n_bytes, n_bytes);
    return le64toh(bits);
}

double rc_number_at(rc_number_type type, const void *data, size_t i)
{
    uint64_t bits = bits_at(data, i, rc_number_bytes(type));
    double x;
    switch (type) {
    case RC_NUMBER_F64:
        memcpy(&x, &bits, sizeof(x));
        return x;
    case RC_NUMBER_F32:
        return of_f32_bits((uint32_t)bits);
    case RC_NUMBER_F16:
        return of_f16_bits((unsigned)bits);
    case RC_NUMBER_BF16:
        return of_f32_bits((uint32_t)bits << 16);
    case RC_NUMBER_I64:
        return (double)(int64_t)bits;
    case RC_NUMBER_I32:
        return (double)(int32_t)(uint32_t)bits;
    case RC_NUMBER_I16:
        return (double)(int16_t)(uint16_t)bits;
    case RC_NUMBER_I8:
        return (double)(int8_t)(uint8_t)bits;
    case RC_NUMBER_BOOL:
        return bits != 0;
    default:
        return (double)bits;
    }
}

rc_matrix rc_matrix_of(rc_number_type type, const void *data, size_t n_rows, size_t n_columns)
{
    return (rc_matrix){type, data, n_rows, n_columns, n_columns, 1};
}

rc_matrix rc_matrix_transposed(rc_number_type type, const void *data, size_t n_rows,
                               size_t n_columns)
{
    return (rc_matrix){type, data, n_rows, n_columns, 1, n_rows};
}

static double element(const rc_matrix *m, size_t row, size_t column)
{
    return rc_number_at(m->type, m->data, row * m->row_stride + column * m->column_stride);
}

/* Whether float32 holds all of it. */
static bool is_narrow(const rc_matrix *m)
{
    if (rc_number_is_narrow(m->type))
        return true;
    for (size_t r = 0; r < m->n_rows; r++)
        for (size_t c = 0; c < m->n_columns; c++) {
            double x = element(m, r, c);
            if (x == x && (double)(float)x != x)
                return false;
        }
    return true;
}

/* -- members of steps ----------------------------------------------------------------------------
 */

void rc_tape_put(rc_tape *tape, json_t *step, const char *key, json_t *member)
{
    if (json_object_set_new(step, key, member) != 0)
        rc_tape_fail_memory(tape);
}

void rc_tape_put_text(rc_tape *tape, json_t *step, const char *key, const char *text)
{
    rc_tape_put(tape, step, key, json_string(text));
}

json_t *rc_tape_json_number(double x)
{
    if (isfinite(x))
        return x == floor(x) && fabs(x) < 1e15 && !(x == 0 && signbit(x))
                   ? json_integer((json_int_t)x)
                   : json_real(x);
    return json_string(isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

void rc_tape_put_number(rc_tape *tape, json_t *step, const char *key, double x)
{
    rc_tape_put(tape, step, key, rc_tape_json_number(x));
}

static json_t *row_of(const rc_matrix *m, size_t row)
{
    json_t *list = json_array();
    for (size_t c = 0; list != NULL && c < m->n_columns; c++)
        if (json_array_append_new(list, rc_tape_json_number(element(m, row, c))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *rows_of(const rc_matrix *m)
{
    json_t *list = json_array();
    for (size_t r = 0; list != NULL && r < m->n_rows; r++)
        if (json_array_append_new(list, row_of(m, r)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* What stands in the text for an array behind it. */
static json_t *reference(rc_tape *tape, const rc_matrix *m, bool is_vector)
{
    void *arrays = tape->arrays;
    if (!rc_grow(&arrays, &tape->arrays_capacity, tape->n_arrays + 1, sizeof(*tape->arrays)))
        return NULL;
    tape->arrays = arrays;
    rc_stored_array *array = &tape->arrays[tape->n_arrays++];
    *array = (rc_stored_array){.from = *m, .is_narrow = is_narrow(m), .at = tape->n_array_bytes};
    array->n_bytes = (uint64_t)m->n_rows * m->n_columns * (array->is_narrow ? 4 : 8);
    tape->n_array_bytes += array->n_bytes;
    const char *dtype = array->is_narrow ? "float32" : "float64";
    if (is_vector)
        return json_pack("{s:I,s:[I],s:s}", "at", (json_int_t)array->at, "shape",
                         (json_int_t)m->n_columns, "dtype", dtype);
    return json_pack("{s:I,s:[I,I],s:s}", "at", (json_int_t)array->at, "shape",
                     (json_int_t)m->n_rows, (json_int_t)m->n_columns, "dtype", dtype);
}

/* Room for it is counted before it is kept. */
static bool is_small(rc_tape *tape, const rc_matrix *m)
{
    size_t n;
    if (!__builtin_mul_overflow(m->n_rows, m->n_columns, &n) && n <= RC_MODEL_MAX_NUMBERS)
        return true;
    rc_tape_fail(tape, "more than %zu numbers in an array", RC_MODEL_MAX_NUMBERS);
    return false;
}

void rc_tape_put_matrix(rc_tape *tape, json_t *step, const char *key, const rc_matrix *m)
{
    if (tape->status < 0 || !is_small(tape, m))
        return;
    rc_tape_put(tape, step, key,
                m->n_rows * m->n_columns <= INLINE_NUMBERS ? rows_of(m)
                                                           : reference(tape, m, false));
}

void rc_tape_put_vector(rc_tape *tape, json_t *step, const char *key, const double *numbers,
                        size_t n, bool may_be_one)
{
    if (tape->status < 0)
        return;
    size_t n_same = 1;
    while (n_same < n && memcmp(&numbers[n_same], &numbers[0], sizeof(double)) == 0)
        n_same++;
    if (may_be_one && n > 1 && n_same == n) {
        rc_tape_put_number(tape, step, key, numbers[0]);
        return;
    }
    rc_matrix m = rc_matrix_of(RC_NUMBER_F64, numbers, 1, n);
    if (n <= INLINE_NUMBERS) {
        rc_tape_put(tape, step, key, row_of(&m, 0));
        return;
    }
    double *copy = rc_tape_alloc(tape, n, sizeof(double));
    if (copy == NULL)
        return;
    memcpy(copy, numbers, n * sizeof(double));
    m.data = copy;
    rc_tape_put(tape, step, key, reference(tape, &m, true));
}

static json_t *label_of(const char *text, bool is_number)
{
    double x;
    bool is_exact = is_number && rc_num_parse_text(text, strlen(text), &x) && fabs(x) < 0x1p53;
    return is_exact ? rc_tape_json_number(x) : json_string(text);
}

void rc_tape_put_labels(rc_tape *tape, json_t *step, const char *key, const char *const *texts,
                        size_t n, bool are_numbers)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < n; i++)
        if (json_array_append_new(list, label_of(texts[i], are_numbers)) != 0) {
            rc_tape_fail_memory(tape);
            break;
        }
    rc_tape_put(tape, step, key, list);
}

/* -- the arrays, read ----------------------------------------------------------------------------
 */

uint64_t rc_tape_bytes(const rc_tape *tape)
{
    return tape->n_text + tape->n_array_bytes;
}

static void put_element(const rc_stored_array *array, double x, char *out)
{
    if (array->is_narrow) {
        float narrow = (float)x;
        memcpy(out, &narrow, sizeof(narrow));
    } else {
        memcpy(out, &x, sizeof(x));
    }
}

/* Elements from `first` on, in the order of rows. A row of float32 that stands as it is wanted is
 * copied. */
static void put_elements(const rc_stored_array *array, size_t first, size_t n, char *out)
{
    const rc_matrix *m = &array->from;
    size_t size = array->is_narrow ? sizeof(float) : sizeof(double);
    bool is_copy = m->column_stride == 1 && rc_number_bytes(m->type) == size &&
                   m->type == (array->is_narrow ? RC_NUMBER_F32 : RC_NUMBER_F64);
    size_t row = first / m->n_columns, column = first % m->n_columns;
    while (n > 0) {
        size_t run = m->n_columns - column < n ? m->n_columns - column : n;
        if (is_copy)
            memcpy(out, (const char *)m->data + (row * m->row_stride + column) * size, run * size);
        else
            for (size_t c = 0; c < run; c++)
                put_element(array, element(m, row, column + c), out + c * size);
        out += run * size;
        n -= run;
        column = 0;
        row++;
    }
}

/* A transposed matrix of float32, whole rows: 16 of them at a time, so that each line of its memory
 * is used at once. */
static void put_transposed(const rc_matrix *m, size_t row, size_t n_rows, char *out)
{
    enum { ROWS = 16 };
    for (size_t r = 0; r < n_rows; r += ROWS) {
        size_t n = n_rows - r < ROWS ? n_rows - r : ROWS;
        for (size_t c = 0; c < m->n_columns; c++) {
            const char *from = (const char *)m->data + (c * m->column_stride + row + r) * 4;
            for (size_t k = 0; k < n; k++)
                memcpy(out + ((r + k) * m->n_columns + c) * 4, from + k * 4, 4);
        }
    }
}

/* n elements from `first` on, of which whole rows may be taken together. */
static void put_run(const rc_stored_array *array, size_t first, size_t n, char *out)
{
    const rc_matrix *m = &array->from;
    size_t size = array->is_narrow ? sizeof(float) : sizeof(double);
    if (m->type != RC_NUMBER_F32 || m->row_stride != 1 || m->n_columns == 1) {
        put_elements(array, first, n, out);
        return;
    }
    size_t head = (m->n_columns - first % m->n_columns) % m->n_columns;
    head = head < n ? head : n;
    put_elements(array, first, head, out);
    size_t n_rows = (n - head) / m->n_columns, body = n_rows * m->n_columns;
    put_transposed(m, (first + head) / m->n_columns, n_rows, out + head * size);
    put_elements(array, first + head + body, n - head - body, out + (head + body) * size);
}

/* Bytes first .. first + n - 1 of an array: those of whole elements, and parts of the outer ones.
 */
static void put_bytes(const rc_stored_array *array, uint64_t first, size_t n, char *out)
{
    size_t size = array->is_narrow ? sizeof(float) : sizeof(double);
    char one[sizeof(double)];
    while (n > 0 && first % size != 0) {
        put_elements(array, first / size, 1, one);
        *out++ = one[first++ % size];
        n--;
    }
    put_run(array, first / size, n / size, out);
    size_t whole = n / size * size;
    if (n > whole) {
        put_elements(array, (first + whole) / size, 1, one);
        memcpy(out + whole, one, n - whole);
    }
}

/* The first array that ends behind a byte. */
static size_t array_at(const rc_tape *tape, uint64_t at)
{
    size_t low = 0, high = tape->n_arrays;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tape->arrays[middle].at + tape->arrays[middle].n_bytes <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

rc_status rc_tape_read(const rc_tape *tape, uint64_t offset, size_t n, rc_buf *out, rc_error *err)
{
    uint64_t all = rc_tape_bytes(tape);
    if (offset > all || n > all - offset)
        return rc_error_set(err, RC_E_USAGE, "bytes beyond the model are asked for");
    if (!rc_buf_reserve(out, n))
        return rc_error_nomem(err);
    if (offset < tape->n_text && n > 0) {
        size_t take = tape->n_text - offset < n ? tape->n_text - (size_t)offset : n;
        memcpy(out->data + out->n, tape->text + offset, take);
        out->n += take;
        offset += take;
        n -= take;
    }
    offset -= tape->n_text;
    for (size_t i = array_at(tape, offset); n > 0; i++) {
        const rc_stored_array *array = &tape->arrays[i];
        uint64_t first = offset - array->at, rest = array->n_bytes - first;
        size_t take = rest < n ? (size_t)rest : n;
        put_bytes(array, first, take, out->data + out->n);
        out->n += take;
        offset += take;
        n -= take;
    }
    return RC_OK;
}
