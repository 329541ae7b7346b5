/* bind.c - which column of a table feeds which input, and which are truth, weight, copies. */
#include "table/bind.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "table/cell.h"
#include "table/vocabulary.h"

/* Names shown of a list in a message, the rest is counted. */
enum { SHOWN_NAMES = 12 };

/* While binding. */
typedef struct binder {
    const rc_schema *schema;
    const rc_bind_request *request;
    rc_vocabulary *names; /* NULL without a header */
    bool *is_twice;       /* (n_columns) the name stands at an earlier column, too */
    bool *is_used;        /* (n_columns) by any role */
    rc_error *err;
} binder;

const char *rc_column_label(const rc_schema *schema, size_t column, char out[192])
{
    if (schema->names == NULL) {
        snprintf(out, 192, "%zu", column + 1);
        return out;
    }
    char quoted[RC_QUOTED_BYTES];
    snprintf(out, 192, "'%s'",
             rc_text_quote(schema->names[column], schema->name_bytes[column], quoted));
    return out;
}

static rc_status binder_init(binder *b)
{
    size_t n = b->schema->n_columns;
    b->is_twice = rc_alloc_array(n, sizeof(bool));
    b->is_used = rc_alloc_array(n, sizeof(bool));
    if (b->is_twice == NULL || b->is_used == NULL)
        return rc_error_nomem(b->err);
    if (b->schema->names == NULL)
        return RC_OK;
    RC_TRY(rc_vocabulary_open(&b->names, (const char *const *)b->schema->names,
                              b->schema->name_bytes, n, false, b->err));
    for (size_t c = 0; c < n; c++) {
        int64_t first = rc_vocabulary_code(b->names, b->schema->names[c], b->schema->name_bytes[c]);
        if ((size_t)first != c)
            b->is_twice[first] = true;
    }
    return RC_OK;
}

static void binder_release(binder *b)
{
    rc_vocabulary_close(b->names);
    free(b->is_twice);
    free(b->is_used);
}

static int64_t find_name(const binder *b, const char *name, size_t n)
{
    if (b->names == NULL)
        return RC_NO_CODE;
    return rc_vocabulary_code(b->names, name, n);
}

/* " (nearest: 'age')" for a name that is absent, or "". */
static const char *nearest(const binder *b, const char *name, char out[RC_QUOTED_BYTES + 32])
{
    size_t best = RC_NO_COLUMN, n = strlen(name);
    /* of two letters another case is near, nothing else */
    rc_nearest nearest = {.asked = name, .limit = n / 3 + (n > 2) + 1};
    for (size_t c = 0; b->schema->names != NULL && c < b->schema->n_columns; c++) {
        char trimmed[RC_QUOTED_BYTES]; /* blanks behind a comma are the commonest slip */
        const char *begin = b->schema->names[c], *end = begin + b->schema->name_bytes[c];
        rc_cell_trim(&begin, &end);
        snprintf(trimmed, sizeof(trimmed), "%.*s", (int)(end - begin), begin);
        if (rc_nearest_offer(&nearest, trimmed))
            best = c;
    }
    out[0] = '\0';
    char quoted[RC_QUOTED_BYTES];
    if (best != RC_NO_COLUMN)
        snprintf(out, RC_QUOTED_BYTES + 32, " (nearest: '%s')",
                 rc_text_quote(b->schema->names[best], b->schema->name_bytes[best], quoted));
    return out;
}

static rc_status refuse_twice(const binder *b, size_t column)
{
    char label[192];
    return rc_error_set(b->err, RC_E_DATA,
                        "column %s stands more than once in the header, and is asked for by name",
                        rc_column_label(b->schema, column, label));
}

/* A COLUMN of an option: a header name, else a position from 1. */
static rc_status find_column(binder *b, const char *option, const char *text, size_t *column)
{
    size_t n = strlen(text);
    int64_t code = find_name(b, text, n);
    uint64_t position;
    char quoted[RC_QUOTED_BYTES], near[RC_QUOTED_BYTES + 32];
    if (code != RC_NO_CODE) {
        *column = b->schema->same_as != NULL ? b->schema->same_as[code] : (size_t)code;
        if (b->is_twice[*column])
            return refuse_twice(b, *column);
    } else if (rc_num_parse_u64(text, n, &position) && position >= 1 &&
               position <= b->schema->n_columns) {
        *column = (size_t)position - 1;
    } else {
        return rc_error_set(b->err, RC_E_DATA, "%s: no column '%s'%s", option,
                            rc_text_quote(text, n, quoted), nearest(b, text, near));
    }
    b->is_used[*column] = true;
    return RC_OK;
}

static rc_status find_columns(binder *b, const char *option, rc_strings list, size_t *columns)
{
    for (size_t i = 0; i < list.n; i++)
        RC_TRY(find_column(b, option, list.items[i], &columns[i]));
    return RC_OK;
}

/* Hint: names of the columns that nothing uses. */
static void hint_unused(const binder *b)
{
    rc_buf text = {0};
    size_t n_unused = 0;
    for (size_t c = 0; b->schema->names != NULL && c < b->schema->n_columns; c++) {
        if (b->is_used[c])
            continue;
        char quoted[RC_QUOTED_BYTES];
        rc_text_quote(b->schema->names[c], b->schema->name_bytes[c], quoted);
        if (n_unused++ < SHOWN_NAMES &&
            !rc_buf_printf(&text, "%s'%s'", n_unused > 1 ? ", " : "", quoted))
            break;
    }
    if (n_unused > SHOWN_NAMES && !rc_buf_printf(&text, " and %zu more", n_unused - SHOWN_NAMES))
        n_unused = 0;
    if (n_unused > 0)
        rc_error_hint(b->err, "columns that the model does not use: %s", text.data);
    rc_buf_release(&text);
}

/* All inputs that have no column, in one message. */
static rc_status refuse_missing(const binder *b, const size_t *features, size_t n_missing)
{
    rc_buf text = {0};
    size_t shown = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < b->request->n_inputs; i++) {
        if (features[i] != RC_NO_COLUMN || ++shown > SHOWN_NAMES)
            continue;
        const char *name = b->request->inputs[i];
        char quoted[RC_QUOTED_BYTES], near[RC_QUOTED_BYTES + 32];
        ok = rc_buf_printf(&text, "%s'%s'%s", shown > 1 ? ", " : "",
                           rc_text_quote(name, strlen(name), quoted), nearest(b, name, near));
    }
    if (ok && n_missing > SHOWN_NAMES)
        ok = rc_buf_printf(&text, " and %zu more", n_missing - SHOWN_NAMES);
    rc_status st = ok ? rc_error_set(b->err, RC_E_DATA,
                                     "no column for %zu of the model's %zu "
                                     "inputs: %s",
                                     n_missing, b->request->n_inputs, text.data)
                      : rc_error_nomem(b->err);
    rc_buf_release(&text);
    if (ok)
        hint_unused(b);
    return st;
}

/* The answer among the features would make any model look perfect. */
static rc_status refuse_leak(const binder *b, const rc_binding *binding, size_t column)
{
    char label[192];
    for (size_t t = 0; t < binding->n_truth; t++)
        if (binding->truth[t] == column)
            return rc_error_set(b->err, RC_E_USAGE,
                                "--truth: column %s is also an input of the model",
                                rc_column_label(b->schema, column, label));
    return RC_OK;
}

/* Whether a feature may be found there by position. */
static bool is_free(const binder *b, size_t column)
{
    return !b->is_used[column] && (b->schema->is_side == NULL || !b->schema->is_side[column]);
}

static bool is_mapped(const binder *b, size_t i)
{
    return b->request->mapped != NULL && b->request->mapped[i] != NULL;
}

static rc_status bind_mapped(binder *b, const rc_binding *binding)
{
    for (size_t i = 0; i < b->request->n_inputs; i++) {
        if (!is_mapped(b, i))
            continue;
        RC_TRY(find_column(b, "--map", b->request->mapped[i], &binding->features[i]));
        RC_TRY(refuse_leak(b, binding, binding->features[i]));
    }
    return RC_OK;
}

static rc_status bind_by_name(binder *b, const rc_binding *binding)
{
    size_t *features = binding->features;
    size_t n_missing = 0;
    for (size_t i = 0; i < b->request->n_inputs; i++) {
        if (is_mapped(b, i))
            continue;
        const char *name = b->request->inputs[i];
        int64_t code = find_name(b, name, strlen(name));
        features[i] = code != RC_NO_CODE ? (size_t)code : RC_NO_COLUMN;
        if (code == RC_NO_CODE) {
            n_missing++;
            continue;
        }
        if (b->is_twice[features[i]])
            return refuse_twice(b, features[i]);
        RC_TRY(refuse_leak(b, binding, features[i]));
        b->is_used[features[i]] = true;
    }
    return n_missing > 0 ? refuse_missing(b, features, n_missing) : RC_OK;
}

/* The columns that --columns lists feed the inputs in its order. */
static rc_status bind_listed(binder *b, const rc_binding *binding)
{
    const rc_strings *list = &b->request->columns;
    RC_TRY(find_columns(b, "--columns", *list, binding->features));
    bool *is_fed = rc_alloc_array(b->schema->n_columns, sizeof(bool));
    if (is_fed == NULL)
        return rc_error_nomem(b->err);
    rc_status st = RC_OK;
    for (size_t i = 0; i < list->n && st == RC_OK; i++) {
        char label[192];
        size_t column = binding->features[i];
        st = refuse_leak(b, binding, column);
        if (st == RC_OK && is_fed[column])
            st = rc_error_set(b->err, RC_E_USAGE, "--columns: column %s is listed twice",
                              rc_column_label(b->schema, column, label));
        is_fed[column] = true;
    }
    free(is_fed);
    return st;
}

static rc_status refuse_count(const binder *b, size_t n_left, size_t n_wanted)
{
    size_t n = b->request->n_inputs;
    char of_all[64] = "";
    if (n_wanted < n)
        snprintf(of_all, sizeof(of_all), ", those of %zu that are not mapped", n);
    rc_error_set(b->err, RC_E_DATA,
                 "%zu column%s left for the model's %zu input%s, which %s and bind by position%s",
                 n_left, n_left == 1 ? " is" : "s are", n_wanted, n_wanted == 1 ? "" : "s",
                 b->request->inputs != NULL ? "find no header" : "have no names", of_all);
    rc_error_hint(b->err, "--id, --truth and --weight take columns away from the features");
    return RC_E_DATA;
}

/* is_used holds truth, weight, id and what is mapped when this runs. */
static rc_status bind_by_position(binder *b, size_t *features)
{
    size_t n_left = 0, n_wanted = 0, column = 0;
    for (size_t c = 0; c < b->schema->n_columns; c++)
        n_left += is_free(b, c);
    for (size_t i = 0; i < b->request->n_inputs; i++)
        n_wanted += !is_mapped(b, i);
    if (n_left != n_wanted && n_wanted > 0)
        return refuse_count(b, n_left, n_wanted);
    for (size_t i = 0; i < b->request->n_inputs; i++) {
        if (is_mapped(b, i))
            continue;
        while (!is_free(b, column))
            column++;
        features[i] = column++;
    }
    return RC_OK;
}

static void add_copy(rc_binding *binding, size_t column)
{
    for (size_t i = 0; i < binding->n_copies; i++)
        if (binding->copies[i] == column)
            return;
    binding->copies[binding->n_copies++] = column;
}

static rc_status bind_copies(binder *b, rc_binding *binding, const size_t *id)
{
    size_t n_columns = b->schema->n_columns;
    for (size_t i = 0; i < b->request->id.n; i++)
        add_copy(binding, id[i]);
    for (size_t i = 0; i < b->request->keep.n; i++) {
        size_t column;
        RC_TRY(find_column(b, "--keep", b->request->keep.items[i], &column));
        add_copy(binding, column);
    }
    bool *is_copied = rc_alloc_array(n_columns, sizeof(bool));
    if (is_copied == NULL)
        return rc_error_nomem(b->err);
    for (size_t i = 0; i < binding->n_copies; i++)
        is_copied[binding->copies[i]] = true;
    for (size_t c = 0; b->request->keep_all && c < n_columns; c++)
        if (!is_copied[c] && (b->schema->is_side == NULL || !b->schema->is_side[c]))
            binding->copies[binding->n_copies++] = c;
    free(is_copied);
    return RC_OK;
}

/* The only input of a model is the only column that is left, whatever both are called. */
static bool is_lone(const binder *b)
{
    if (b->request->n_inputs != 1)
        return false;
    const char *name = b->request->inputs[0];
    size_t n_left = 0;
    for (size_t c = 0; c < b->schema->n_columns; c++)
        n_left += is_free(b, c);
    return n_left == 1 && find_name(b, name, strlen(name)) == RC_NO_CODE;
}

static rc_status bind_features(binder *b, const rc_binding *binding)
{
    const rc_bind_request *request = b->request;
    if (request->n_inputs == 0)
        return RC_OK;
    if (request->columns.n > 0)
        return bind_listed(b, binding);
    RC_TRY(bind_mapped(b, binding));
    bool by_name = request->inputs != NULL && b->schema->has_header && !is_lone(b);
    return by_name ? bind_by_name(b, binding) : bind_by_position(b, binding->features);
}

static rc_status bind_all(binder *b, rc_binding *binding, size_t *id)
{
    const rc_bind_request *request = b->request;
    RC_TRY(binder_init(b));
    RC_TRY(find_columns(b, "--truth", request->truth, binding->truth));
    if (request->weight != NULL)
        RC_TRY(find_column(b, "--weight", request->weight, &binding->weight));
    RC_TRY(find_columns(b, "--id", request->id, id));
    RC_TRY(bind_features(b, binding));
    return bind_copies(b, binding, id);
}

rc_status rc_binding_init(rc_binding *binding, const rc_schema *schema,
                          const rc_bind_request *request, rc_error *err)
{
    *binding = (rc_binding){
        .n_features = request->n_inputs, .n_truth = request->truth.n, .weight = RC_NO_COLUMN};
    size_t most_copies = request->id.n + request->keep.n + schema->n_columns;
    size_t *id = rc_alloc_array(request->id.n, sizeof(size_t));
    binding->features = rc_alloc_array(request->n_inputs, sizeof(size_t));
    binding->truth = rc_alloc_array(request->truth.n, sizeof(size_t));
    binding->copies = rc_alloc_array(most_copies, sizeof(size_t));
    rc_status st = RC_E_SYSTEM;
    binder b = {.schema = schema, .request = request, .err = err};
    if (id == NULL || binding->features == NULL || binding->truth == NULL ||
        binding->copies == NULL)
        rc_error_nomem(err);
    else
        st = bind_all(&b, binding, id);
    binder_release(&b);
    free(id);
    if (st < 0)
        rc_binding_release(binding);
    return st;
}

void rc_binding_release(rc_binding *binding)
{
    free(binding->features);
    free(binding->truth);
    free(binding->copies);
    *binding = (rc_binding){0};
}
