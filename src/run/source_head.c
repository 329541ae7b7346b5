/* source_head.c - the head of an input: what it is, its dialect, its header. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/foreign.h"
#include "run/source_state.h"

bool rc_source_reserve(rc_source *s, size_t n)
{
    void *carry = s->carry;
    if (!rc_grow(&carry, &s->carry_capacity, n + RC_CSV_SLACK, 1))
        return false;
    s->carry = carry;
    return true;
}

static rc_status refuse_header(const rc_source *s, rc_error *err)
{
    return rc_error_set(err, RC_E_DATA, "the first record has more than %zu bytes (--max-line)",
                        s->options.max_line_bytes);
}

/* Names file and line, if there is one, of a failure in the head of the open input. */
static rc_status place_in_head(const rc_source *s, rc_status st, rc_error *err)
{
    const char *name = rc_input_name(s->options.inputs.items[s->file]);
    if (err == NULL || err->row == 0)
        return rc_error_wrap(err, st, "%s", name);
    return rc_error_wrap(err, st, "%s:%llu", name, (unsigned long long)err->row);
}

/* Reads more of the head into carry; at_end is set at its end. */
static rc_status read_head(rc_source *s, rc_error *err)
{
    if (s->n_carry >= s->options.max_line_bytes + RC_DIALECT_BYTES)
        return refuse_header(s, err);
    /* as much again: the head is looked at from its beginning each time */
    size_t n, more = s->n_carry > RC_HEAD_BYTES ? s->n_carry : RC_HEAD_BYTES;
    if (!rc_source_reserve(s, s->n_carry + more))
        return rc_error_nomem(err);
    rc_status st = rc_input_read(s->input, s->carry + s->n_carry, more, -1, &n, err);
    if (st < 0)
        return st;
    s->at_end = st == RC_END;
    s->n_carry += n;
    memset(s->carry + s->n_carry, 0, RC_CSV_SLACK);
    return RC_OK;
}

/* Had it been a file that can be read as HDF5, it would be; unless others are not. */
static rc_status refuse_hdf5(const rc_source *s, rc_error *err)
{
    rc_input_stat stat = rc_input_tell(s->input);
    if (stat.compression == RC_COMPRESS_GZIP || stat.compression == RC_COMPRESS_ZSTD) {
        rc_error_set(err, RC_E_DATA, "HDF5 that is compressed as a whole cannot be read");
        rc_error_hint(err, "decompress it to a file first");
        return RC_E_DATA;
    }
    if (stat.bytes_total == 0)
        return rc_error_set(err, RC_E_DATA, "HDF5 is read from a regular file only, no pipe");
    return rc_error_set(err, RC_E_DATA, "this is HDF5, no text; inputs are all HDF5, or none is");
}

/* Formats that are told by their first bytes, and that are no text. A column may be called PAR1:
 * only bytes that text does not have make a match. */
static rc_status refuse_foreign(const rc_source *s, rc_error *err)
{
    bool is_text = true;
    for (size_t i = 0; i < s->n_carry && i < 64; i++)
        is_text = is_text && (unsigned char)s->carry[i] >= '\t';
    const rc_foreign *foreign = is_text ? NULL : rc_foreign_find(s->carry, s->n_carry);
    if (foreign != NULL && strcmp(foreign->name, "HDF5") == 0)
        return refuse_hdf5(s, err);
    if (foreign != NULL && !foreign->is_guess)
        return rc_error_set(err, RC_E_DATA, "this is %s; CSV and TSV are read, plain, .gz or .zst",
                            foreign->name);
    return RC_OK;
}

/* What the caller has read of the first input stands before all that is read. */
static rc_status take_head(rc_source *s, rc_error *err)
{
    size_t n = s->file == 0 ? s->options.n_head : 0;
    if (!rc_source_reserve(s, n))
        return rc_error_nomem(err);
    if (n > 0)
        memcpy(s->carry, s->options.head, n);
    s->n_carry = n;
    return RC_OK;
}

rc_status rc_source_find_schema(rc_source *s, rc_schema *schema, const rc_dialect_request *request,
                                rc_error *err)
{
    s->n_carry = 0;
    s->at_end = false;
    RC_TRY(take_head(s, err));
    for (;;) {
        rc_status st = read_head(s, err);
        if (st == RC_OK)
            st = refuse_foreign(s, err);
        if (st == RC_OK)
            st = rc_schema_init(schema, request, s->carry, s->n_carry, s->at_end, err);
        if (st < 0)
            return place_in_head(s, st, err);
        if (st == RC_OK)
            break;
    }
    if (schema->first_bytes > s->options.max_line_bytes) {
        rc_schema_release(schema);
        return place_in_head(s, refuse_header(s, err), err);
    }
    s->n_carry -= schema->header_bytes;
    memmove(s->carry, s->carry + schema->header_bytes, s->n_carry);
    s->header_lines = schema->header_lines;
    s->offset = schema->header_bytes;
    s->begins_file = true;
    return RC_OK;
}

rc_status rc_source_compare(const rc_source *s, const rc_schema *other, rc_error *err)
{
    if (!s->schema.has_header && s->options.keeps_broken)
        return RC_OK; /* then that is a row, to be refused as such */
    return rc_compare_columns(&s->schema, rc_input_name(s->options.inputs.items[0]), other, err);
}

rc_status rc_compare_columns(const rc_schema *first, const char *first_name, const rc_schema *other,
                             rc_error *err)
{
    if (other->n_columns != first->n_columns)
        return rc_error_set(err, RC_E_DATA, "%zu column%s, but '%s' has %zu", other->n_columns,
                            other->n_columns == 1 ? "" : "s", first_name, first->n_columns);
    for (size_t c = 0; first->names != NULL && c < first->n_columns; c++) {
        if (first->name_bytes[c] == other->name_bytes[c] &&
            memcmp(first->names[c], other->names[c], first->name_bytes[c]) == 0)
            continue;
        char here[RC_QUOTED_BYTES], there[RC_QUOTED_BYTES];
        return rc_error_set(err, RC_E_DATA, "column %zu is '%s', but in '%s' it is '%s'", c + 1,
                            rc_text_quote(other->names[c], other->name_bytes[c], here), first_name,
                            rc_text_quote(first->names[c], first->name_bytes[c], there));
    }
    return RC_OK;
}
