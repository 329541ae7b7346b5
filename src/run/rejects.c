/* rejects.c - refused rows as a CSV file, and how many of them are too many. */
#include "run/rejects.h"

#include "base/num.h"
#include "base/text.h"
#include "run/source.h"
#include "table/encode.h"

static const char header[] = "file,row,line,byte_offset,column,column_name,kind,message,raw\n";

/* Packs what stands in `text` and writes it. */
static rc_status flush(rc_rejects *r, rc_error *err)
{
    r->packed.n = 0;
    RC_TRY(rc_pack_frame(r->pack, r->text.data, r->text.n, &r->packed, err));
    r->text.n = 0;
    return rc_output_write(r->output, r->packed.data, r->packed.n, err);
}

rc_status rc_rejects_open(rc_rejects *rejects, const char *path, const rc_schema *schema,
                          const rc_temporary_hook *hook, rc_error *err)
{
    rejects->schema = schema;
    if (path == NULL)
        return RC_OK;
    size_t n = strlen(path);
    rc_status st = rc_output_open(&rejects->output, path, hook, err);
    if (st == RC_OK)
        st = rc_pack_open(&rejects->pack, rc_compression_of_path(path, &n), 0, err);
    if (st == RC_OK && !rc_buf_text(&rejects->text, header))
        st = rc_error_nomem(err);
    if (st == RC_OK)
        st = flush(rejects, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", path) : RC_OK;
}

void rc_rejects_close(rc_rejects *rejects)
{
    rc_output_close(rejects->output);
    rc_pack_close(rejects->pack);
    rc_buf_release(&rejects->text);
    rc_buf_release(&rejects->packed);
    *rejects = (rc_rejects){0};
}

static bool put_number(rc_buf *out, uint64_t n)
{
    if (!rc_buf_reserve(out, RC_NUM_BYTES + 1))
        return false;
    out->n += rc_num_print_u64(n, out->data + out->n);
    out->data[out->n++] = ',';
    return true;
}

static bool put_text(rc_buf *out, const char *text, size_t n, const char *behind)
{
    return rc_encode_cell(text, n, out) && rc_buf_text(out, behind);
}

static bool put_column(rc_buf *out, const rc_schema *schema, size_t column)
{
    if (column == RC_NO_COLUMN)
        return rc_buf_text(out, ",,");
    bool has_name = schema->names != NULL;
    return put_number(out, column + 1) && put_text(out, has_name ? schema->names[column] : "",
                                                   has_name ? schema->name_bytes[column] : 0, ",");
}

/* Rows of HDF5 stand on no line. */
static bool put_place(rc_buf *out, const rc_packet *packet, const rc_packet_place *place,
                      const rc_refused_row *row)
{
    if (packet->part != NULL)
        return rc_buf_text(out, ",,");
    return put_number(out, place->line + row->line + 1) &&
           put_number(out, packet->offset + row->at);
}

static bool put_row(rc_rejects *r, const rc_packet *packet, const rc_packet_place *place,
                    const rc_refused_row *row)
{
    /* of a record that is too long, the packet's size decides how much is at hand */
    bool is_cut = row->kind == RC_REFUSAL_LINE_TOO_LONG && row->raw_bytes > RC_BROKEN_BYTES;
    return put_text(&r->text, place->file, strlen(place->file), ",") &&
           put_number(&r->text, place->row + row->row + 1) &&
           put_place(&r->text, packet, place, row) &&
           put_column(&r->text, r->schema, row->column) &&
           rc_buf_text(&r->text, rc_refusal_name(row->kind)) && rc_buf_text(&r->text, ",") &&
           put_text(&r->text, packet->refused.texts.data + row->text, row->n_text, ",") &&
           put_text(&r->text, packet->data + row->at, is_cut ? RC_BROKEN_BYTES : row->raw_bytes,
                    "\n");
}

/* "people.csv:17: column 'age': not a number: 'abc'" */
static rc_status describe(const rc_rejects *r, const rc_packet *packet,
                          const rc_packet_place *place, const rc_refused_row *row, rc_error *err)
{
    rc_status st = rc_refusal_error(r->schema, row->column, packet->refused.texts.data + row->text,
                                    row->n_text, err);
    uint64_t line = place->line + row->line + 1;
    if (row->kind == RC_REFUSAL_UNTERMINATED_QUOTE)
        line += packet->error_line; /* where it opens, as without --on-error */
    if (err != NULL)
        err->row = line;
    return rc_error_wrap(err, st, packet->part != NULL ? "%s: row %llu" : "%s:%llu", place->file,
                         (unsigned long long)line);
}

static rc_status refuse_too_many(const rc_rejects *r, const rc_packet *packet,
                                 const rc_packet_place *place, const rc_refused_row *row,
                                 rc_error *err)
{
    rc_status st = describe(r, packet, place, row, err);
    rc_error_hint(err, "that is refused row %llu; --max-rejects is %.0f",
                  (unsigned long long)(r->n + 1), r->most);
    return st;
}

rc_status rc_rejects_add(rc_rejects *r, const rc_packet *packet, const rc_packet_place *place,
                         rc_error *err)
{
    for (size_t i = 0; i < packet->refused.n; i++) {
        const rc_refused_row *row = &packet->refused.items[i];
        if (r->has_most && (double)(r->n + 1) > r->most)
            return refuse_too_many(r, packet, place, row, err);
        if (r->n++ == 0)
            describe(r, packet, place, row, &r->first);
        if (r->output != NULL && !put_row(r, packet, place, row))
            return rc_error_nomem(err);
    }
    r->n += packet->refused.n_all - packet->refused.n;
    return r->output != NULL && r->text.n > 0 ? flush(r, err) : RC_OK;
}
