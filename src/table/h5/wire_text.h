/* wire_text.h - owned texts and lists out of a frame. */
#ifndef RC_TABLE_H5_WIRE_TEXT_H
#define RC_TABLE_H5_WIRE_TEXT_H

#include "guard/guard.h"
#include "guard/wire.h"
#include "table/h5/table.h"

/* A frame that is being read. The first thing that is wrong stays; all goes on with zeros. */
typedef struct rc_h5_parse {
    rc_wire wire;
    bool is_nomem;
    const char *wrong; /* NULL: nothing so far but what the wire says */
} rc_h5_parse;

rc_h5_parse rc_h5_parse_begin(const rc_frame *frame);

/* Notes what is wrong unless it is right, or something was wrong before. Returns is_right. */
bool rc_h5_parse_check(rc_h5_parse *parse, bool is_right, const char *wrong);

/* Whether all is well so far. */
bool rc_h5_parse_ok(const rc_h5_parse *parse);

/* The end of the frame: nothing may be left. RC_E_DATA, RC_E_SYSTEM. */
rc_status rc_h5_parse_end(rc_h5_parse *parse, rc_error *err);

/* A text of at most `most` bytes without a NUL in it, and one behind. NULL: see parse. */
char *rc_h5_parse_text(rc_h5_parse *parse, size_t most, size_t *n);

/* n zeros of `size` bytes. NULL: see parse. */
void *rc_h5_parse_array(rc_h5_parse *parse, size_t n, size_t size);

/* A text that may be NULL, which reads back as an empty one. */
RC_MUST_USE bool rc_h5_put_text(rc_buf *out, const char *text);

#endif
