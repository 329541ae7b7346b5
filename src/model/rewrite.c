/* rewrite.c - a native model in its other encoding: the tree of its JSON, printed again.
 *
 * Nothing is known here of steps: a list of numbers is a list of numbers. Stored arrays are printed
 * piece by piece, so that a model of many weights takes no tree of as many nodes. */
#include "model/rewrite.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "model/native.h"
#include "model/reader.h"

enum { LENGTH_BYTES = 8, PIECE_BYTES = 1 << 20, STORED_NUMBERS = 16, TALL_DEPTH = 2 };

/* An array behind the header that is written, of numbers in the tree or behind the header that is
 * read. */
typedef struct array {
    const json_t *list;
    const char *bytes; /* (n_rows, width) in the file that is read; NULL: list has them */
    bool is_narrow, is_matrix;
    size_t n_rows, width; /* of a list: 1 */
} array;

typedef struct rewriting {
    const char *arrays; /* (n_array_bytes) of the file that is read */
    size_t n_array_bytes;
    bool to_rcm;
    const rc_rewrite_sink *sink; /* NULL: all stays in the buffer */
    rc_buf out;
    array *list; /* what is to be written behind the header */
    size_t n_list, capacity;
    uint64_t at;
    rc_error *err;
    rc_status status;
} rewriting;

/* -- text ----------------------------------------------------------------------------------------
 */

static void fail_memory(rewriting *w)
{
    if (w->status >= 0)
        w->status = rc_error_nomem(w->err);
}

static void put(rewriting *w, const char *text, size_t n)
{
    if (w->status < 0)
        return;
    if (!rc_buf_append(&w->out, text, n)) {
        fail_memory(w);
    } else if (w->sink != NULL && w->out.n >= PIECE_BYTES) {
        w->status = w->sink->write(w->sink->context, w->out.data, w->out.n, w->err);
        w->out.n = 0;
    }
}

static void put_word(rewriting *w, const char *word)
{
    put(w, word, strlen(word));
}

static void put_line(rewriting *w, unsigned depth)
{
    static const char blanks[] = "\n    ";
    put(w, blanks, 1 + 2 * (size_t)depth);
}

static void put_text(rewriting *w, const json_t *text)
{
    static const char digits[] = "0123456789abcdef";
    const char *bytes = json_string_value(text);
    size_t n = json_string_length(text);
    put_word(w, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x20 || c == 0x7f) {
            const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
            put(w, escape, sizeof(escape));
        } else {
            if (c == '"' || c == '\\')
                put_word(w, "\\");
            put(w, &bytes[i], 1);
        }
    }
    put_word(w, "\"");
}

/* Numbers that JSON does not have are texts. A float32 is written as the double that it is: what is
 * folded is computed in double. */
static void put_number(rewriting *w, double x)
{
    char text[RC_NUM_BYTES];
    if (!isfinite(x)) {
        put_word(w, isnan(x) ? "\"nan\"" : x > 0 ? "\"inf\"" : "\"-inf\"");
        return;
    }
    put(w, text, rc_num_print_f64(x, text));
}

/* -- stored arrays -------------------------------------------------------------------------------
 */

static double number_of(const array *a, size_t i)
{
    if (a->bytes == NULL) {
        const json_t *row = a->is_matrix ? json_array_get(a->list, i / a->width) : a->list;
        return json_number_value(json_array_get(row, a->is_matrix ? i % a->width : i));
    }
    if (a->is_narrow) {
        uint32_t bits;
        float x;
        memcpy(&bits, a->bytes + 4 * i, 4);
        bits = le32toh(bits);
        memcpy(&x, &bits, 4);
        return (double)x;
    }
    uint64_t bits;
    double x;
    memcpy(&bits, a->bytes + 8 * i, 8);
    bits = le64toh(bits);
    memcpy(&x, &bits, 8);
    return x;
}

/* Whether an object stands for an array behind the header; the model has been checked. */
static bool is_stored(const rewriting *w, const json_t *value, array *out)
{
    const json_t *at = json_object_get(value, "at"), *shape = json_object_get(value, "shape");
    const char *dtype = json_string_value(json_object_get(value, "dtype"));
    size_t n_dims = json_array_size(shape);
    if (w->arrays == NULL || !json_is_number(at) || dtype == NULL || n_dims < 1 || n_dims > 2)
        return false;
    double first = json_number_value(json_array_get(shape, 0));
    double second = n_dims == 2 ? json_number_value(json_array_get(shape, 1)) : 1;
    bool is_narrow = strcmp(dtype, "float32") == 0;
    double bytes = first * second * (is_narrow ? 4 : 8), begin = json_number_value(at);
    if (!(first >= 0 && second >= 0 && begin >= 0 && begin + bytes <= (double)w->n_array_bytes))
        return false;
    *out = (array){.bytes = w->arrays + (size_t)begin,
                   .is_narrow = is_narrow,
                   .is_matrix = n_dims == 2,
                   .n_rows = (size_t)first,
                   .width = (size_t)second};
    return true;
}

static void put_expanded(rewriting *w, const array *a)
{
    put_word(w, "[");
    for (size_t i = 0; i < a->n_rows && w->status >= 0; i++) {
        put_word(w, i > 0 ? ", " : "");
        put_word(w, a->is_matrix ? "[" : "");
        for (size_t k = 0; k < a->width && w->status >= 0; k++) {
            put_word(w, k > 0 ? ", " : "");
            put_number(w, number_of(a, i * a->width + k));
        }
        put_word(w, a->is_matrix ? "]" : "");
    }
    put_word(w, "]");
}

/* Puts what stands for the array, and keeps it for the end. */
static void put_reference(rewriting *w, const array *a)
{
    void *list = w->list;
    char text[160], at[RC_NUM_BYTES + 1], rows[RC_NUM_BYTES + 1], columns[RC_NUM_BYTES + 1];
    if (!rc_grow(&list, &w->capacity, w->n_list + 1, sizeof(*w->list))) {
        fail_memory(w);
        return;
    }
    w->list = list;
    w->list[w->n_list++] = *a;
    at[rc_num_print_u64(w->at, at)] = '\0';
    rows[rc_num_print_u64(a->n_rows, rows)] = '\0';
    columns[rc_num_print_u64(a->width, columns)] = '\0';
    int n = snprintf(text, sizeof(text), "{\"at\": %s, \"shape\": [%s%s%s], \"dtype\": \"%s\"}", at,
                     rows, a->is_matrix ? ", " : "", a->is_matrix ? columns : "",
                     a->is_narrow ? "float32" : "float64");
    put(w, text, (size_t)n);
    w->at += a->n_rows * a->width * (a->is_narrow ? sizeof(float) : sizeof(double));
}

static bool is_narrow_number(double x)
{
    return (double)(float)x == x;
}

/* A list of numbers, or of lists of equally many, that is long enough to be stored. */
static bool is_storable(const json_t *value, array *out)
{
    size_t n = json_array_size(value);
    const json_t *first = json_array_get(value, 0);
    bool is_matrix = json_is_array(first);
    size_t width = is_matrix ? json_array_size(first) : 1;
    *out = (array){
        .list = value, .is_narrow = true, .is_matrix = is_matrix, .n_rows = n, .width = width};
    if (n * width < STORED_NUMBERS)
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(value, i);
        if (json_is_array(item) != is_matrix || (is_matrix && json_array_size(item) != width))
            return false;
        for (size_t k = 0; k < width; k++) {
            const json_t *x = is_matrix ? json_array_get(item, k) : item;
            if (!json_is_number(x))
                return false;
            out->is_narrow = out->is_narrow && is_narrow_number(json_number_value(x));
        }
    }
    return true;
}

/* -- the tree ------------------------------------------------------------------------------------
 */

static void put_value(rewriting *w, const json_t *value, unsigned depth, bool is_own);

/* The outermost members, inputs and steps each have a line. */
static void put_object(rewriting *w, const json_t *object, unsigned depth, bool is_own)
{
    const char *key;
    json_t *member;
    bool is_tall = depth == 0, is_first = true;
    put_word(w, "{");
    json_object_foreach ((json_t *)object, key, member) {
        if (!is_first)
            put_word(w, is_tall ? "," : ", ");
        if (is_tall)
            put_line(w, 1);
        json_t *name = json_string(key);
        if (name == NULL)
            fail_memory(w);
        else
            put_text(w, name);
        json_decref(name);
        put_word(w, ": ");
        put_value(w, member, depth + 1, is_own && strncmp(key, "x-", 2) != 0);
        is_first = false;
    }
    if (is_tall && !is_first)
        put_line(w, 0);
    put_word(w, "}");
}

static void put_list(rewriting *w, const json_t *list, unsigned depth, bool is_own)
{
    size_t n = json_array_size(list);
    bool is_tall = depth < TALL_DEPTH && json_is_object(json_array_get(list, 0));
    put_word(w, "[");
    for (size_t i = 0; i < n && w->status >= 0; i++) {
        if (i > 0)
            put_word(w, is_tall ? "," : ", ");
        if (is_tall)
            put_line(w, 2);
        put_value(w, json_array_get(list, i), depth + 1, is_own);
    }
    if (is_tall)
        put_line(w, 1);
    put_word(w, "]");
}

/* is_own: it is the format's, and not what somebody has put beside it under x-. */
static void put_value(rewriting *w, const json_t *value, unsigned depth, bool is_own)
{
    array a;
    if (w->status < 0)
        return;
    if (is_own && json_is_object(value) && is_stored(w, value, &a)) {
        (w->to_rcm ? put_reference : put_expanded)(w, &a);
        return;
    }
    if (is_own && w->to_rcm && is_storable(value, &a)) {
        put_reference(w, &a);
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(w, value, depth, is_own);
        break;
    case JSON_ARRAY:
        put_list(w, value, depth, is_own);
        break;
    case JSON_STRING:
        put_text(w, value);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        put_word(w, json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        put_word(w, "null");
        break;
    default:
        put_number(w, json_number_value(value));
    }
}

/* -- files ---------------------------------------------------------------------------------------
 */

static void put_bytes(rewriting *w, const array *a)
{
    size_t size = a->is_narrow ? sizeof(float) : sizeof(double), n = a->n_rows * a->width;
    if (a->bytes != NULL) {
        for (size_t done = 0; done < n * size && w->status >= 0; done += PIECE_BYTES) {
            size_t rest = n * size - done;
            put(w, a->bytes + done, rest < PIECE_BYTES ? rest : PIECE_BYTES);
        }
        return;
    }
    for (size_t i = 0; i < n && w->status >= 0; i++) {
        double x = number_of(a, i);
        float narrow = (float)x;
        uint32_t bits32;
        uint64_t bits64;
        memcpy(&bits32, &narrow, sizeof(bits32));
        memcpy(&bits64, &x, sizeof(bits64));
        bits32 = htole32(bits32);
        bits64 = htole64(bits64);
        put(w, a->is_narrow ? (char *)&bits32 : (char *)&bits64, size);
    }
}

/* The header is known only when it is whole: its length comes first. */
static void put_rcm(rewriting *w, const json_t *root, const rc_rewrite_sink *sink)
{
    char length[LENGTH_BYTES];
    put_value(w, root, 0, true);
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        length[i] = (char)(unsigned char)((uint64_t)w->out.n >> (8 * i));
    if (w->status < 0)
        return;
    w->status = sink->write(sink->context, length, LENGTH_BYTES, w->err);
    w->sink = sink;
    put_word(w, "");
    for (size_t i = 0; i < w->n_list; i++)
        put_bytes(w, &w->list[i]);
}

static rc_status finish(rewriting *w, const rc_rewrite_sink *sink)
{
    if (w->status >= 0)
        w->status = sink->write(sink->context, w->out.data, w->out.n, w->err);
    rc_buf_release(&w->out);
    free(w->list);
    return w->status < 0 ? w->status : RC_OK;
}

rc_status rc_model_rewrite(const char *data, size_t n, bool to_rcm, const rc_rewrite_sink *sink,
                           rc_error *err)
{
    rewriting w = {.to_rcm = to_rcm, .sink = to_rcm ? NULL : sink, .err = err};
    const char *text = data;
    size_t n_text = n;
    json_t *root;
    if (!rc_native_json_reader.matches(data, n) && rc_native_rcm_reader.matches(data, n)) {
        uint64_t length;
        memcpy(&length, data, LENGTH_BYTES);
        n_text = (size_t)le64toh(length);
        text = data + LENGTH_BYTES;
        w.arrays = text + n_text;
        w.n_array_bytes = n - LENGTH_BYTES - n_text;
    }
    RC_TRY(rc_native_load(&root, text, n_text, err));
    if (to_rcm) {
        put_rcm(&w, root, sink);
    } else {
        put_value(&w, root, 0, true);
        put_word(&w, "\n");
    }
    rc_status st = finish(&w, sink);
    json_decref(root);
    return st;
}
