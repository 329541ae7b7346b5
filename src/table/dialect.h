/* dialect.h - how a CSV file is written: delimiter, header, names of its columns. */
#ifndef RC_TABLE_DIALECT_H
#define RC_TABLE_DIALECT_H

#include "base/error.h"
#include "table/csv_scan.h"

/* More columns than this are refused, unless the request says otherwise. */
enum { RC_MAX_COLUMNS = 1 << 20 };

/* The search for the delimiter looks at so many records, and at no more bytes. */
enum { RC_DIALECT_RECORDS = 100, RC_DIALECT_BYTES = 1 << 20 };

/* The columns of a table, in order. */
typedef struct rc_schema {
    int delimiter;
    bool has_header; /* else columns bind by position */
    char **names;    /* (n_columns); NULL where none has a name */
    size_t *name_bytes;
    size_t n_columns;
    bool *is_side;       /* (n_columns): no feature by position, not among all; NULL: none is */
    size_t *same_as;     /* (n_columns): the column that is meant by this name; NULL: each itself */
    size_t header_bytes; /* of the file, up to the first data record */
    size_t first_bytes;  /* of the first record, without its line end */
    uint64_t header_lines;
} rc_schema;

typedef struct rc_dialect_request {
    rc_strings model_inputs; /* names that the header is expected to hold; may be empty */
    int delimiter;           /* a byte, or RC_NO_DELIMITER: to be found */
    rc_header header;
    size_t max_columns; /* 0: RC_MAX_COLUMNS */
    char decimal;       /* of numbers; a comma is no delimiter then unless it is given; 0: '.' */
} rc_dialect_request;

/**
 * Finds delimiter and header from the head of a file (a byte-order mark is passed over).
 *
 * is_last   the head is the whole file. RC_CSV_SLACK zero bytes stand behind it.
 * Returns   RC_OK; RC_AGAIN if the head must be longer to decide (never with is_last): what is
 *           found does not depend on how many bytes happen to have come.
 * Errors    RC_E_DATA: no record, a header of numbers only, too many columns, an open quote (with
 *           its line in err->row).
 */
rc_status rc_schema_init(rc_schema *schema, const rc_dialect_request *request, const char *head,
                         size_t n, bool is_last, rc_error *err);
void rc_schema_release(rc_schema *schema);

#endif
