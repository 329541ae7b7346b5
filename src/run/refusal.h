/* refusal.h - a row that cannot be scored: why, and where it stands. */
#ifndef RC_RUN_REFUSAL_H
#define RC_RUN_REFUSAL_H

#include "base/mem.h"
#include "table/bind.h"

typedef enum rc_refusal_kind {
    RC_REFUSAL_NONE,
    RC_REFUSAL_CAST,
    RC_REFUSAL_MISSING_COLUMNS,
    RC_REFUSAL_TOO_MANY_COLUMNS,
    RC_REFUSAL_UNTERMINATED_QUOTE,
    RC_REFUSAL_LINE_TOO_LONG,
    RC_REFUSAL_INVALID_UTF8,
    RC_REFUSAL_MISSING_VALUE,
    RC_REFUSAL_UNSEEN_CATEGORY,
    RC_REFUSAL_OUT_OF_RANGE,
    RC_REFUSAL_NON_FINITE_SCORE
} rc_refusal_kind;

enum { RC_REFUSAL_BYTES = 400 };

/* Why one row is refused. */
typedef struct rc_refusal {
    rc_refusal_kind kind;        /* NONE: it is not */
    size_t column;               /* of the table, or RC_NO_COLUMN */
    char text[RC_REFUSAL_BYTES]; /* the cause with the value: "not a number: 'abc'" */
} rc_refusal;

/* Sets kind, column and "cause: 'value'"; without the value where it is empty. */
void rc_refusal_set(rc_refusal *refusal, rc_refusal_kind kind, size_t column, const char *cause,
                    const char *value, size_t n);

/* "unseen_category" */
const char *rc_refusal_name(rc_refusal_kind kind);

/* One refused row of a packet. */
typedef struct rc_refused_row {
    rc_refusal_kind kind;
    size_t column;
    uint32_t row, line;     /* from 0 in the packet */
    uint32_t at, raw_bytes; /* its bytes in the packet, without the line end */
    uint32_t text, n_text;  /* of the packet's texts */
} rc_refused_row;

/* The refused rows of a packet, in order: all of them are counted, the first ones are kept. {0} is
 * empty. */
typedef struct rc_refused_rows {
    uint64_t n_all;
    rc_refused_row *items; /* (n) */
    size_t n, capacity;
    rc_buf texts;
} rc_refused_rows;

/* Counts one in, and keeps it if there are fewer than `most`: `where` with row, line and bytes, the
 * rest is the refusal's. False: no memory. */
RC_MUST_USE bool rc_refused_rows_add(rc_refused_rows *rows, const rc_refusal *refusal,
                                     rc_refused_row where, uint64_t most);
void rc_refused_rows_reset(rc_refused_rows *rows); /* keeps memory */
void rc_refused_rows_release(rc_refused_rows *rows);

/* The text of an error: "column 'age': not a number: 'abc'". Returns RC_E_DATA. */
rc_status rc_refusal_error(const rc_schema *schema, size_t column, const char *text, size_t n,
                           rc_error *err);

#endif
