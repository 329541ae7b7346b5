/* h5_source.h - cut HDF5 inputs, joined as one table, into packets of rows. */
#ifndef RC_RUN_H5_SOURCE_H
#define RC_RUN_H5_SOURCE_H

#include "run/packet.h"
#include "table/bind.h"
#include "table/h5/rows.h"

typedef struct rc_h5_source rc_h5_source;

typedef struct rc_h5_source_options {
    rc_strings inputs;   /* paths; kept until close */
    const char *dataset; /* or NULL */
    rc_strings beside;   /* columns that options name: they may be datasets beside the table */
    const char *reader;
    rc_sandbox sandbox;
    uint64_t max_memory; /* 0: the default */
    size_t packet_bytes;
    size_t max_columns; /* 0: RC_MAX_COLUMNS */
    bool has_limit;
    uint64_t limit;
} rc_h5_source_options;

/* Whether the input at path is an HDF5 file that can be read as such: a regular one. */
bool rc_h5_source_takes(const char *path);

/* Opens the first input: the schema is known afterwards. Errors name the file. */
rc_status rc_h5_source_open(rc_h5_source **out, const rc_h5_source_options *options, rc_error *err);
void rc_h5_source_close(rc_h5_source *source); /* NULL is fine */

/* The columns; valid until close. Those that have no name are called column_N. */
const rc_schema *rc_h5_source_schema(const rc_h5_source *source);

/* The table of the first input; valid until close. */
const rc_h5_table *rc_h5_source_table(const rc_h5_source *source);

/* The columns that are read, before the first packet. */
rc_status rc_h5_source_bind(rc_h5_source *source, const rc_binding *binding, rc_error *err);

/* How many threads may have a packet in work at once, of n. RC_E_DATA: not even one. */
rc_status rc_h5_source_threads(const rc_h5_source *source, int *n, rc_error *err);

/* Fills a packet with the next rows; as rc_source_next. */
rc_status rc_h5_source_next(rc_h5_source *source, rc_packet *packet);

/* Sizes of all inputs together. */
uint64_t rc_h5_source_bytes_total(const rc_h5_source *source);

/* "2-D dataset '/X', 2000000 rows" of the first input, for people. */
const char *rc_h5_source_what(const rc_h5_source *source);

/* What the readers have shut; rc_guard_shut. */
const char *rc_h5_source_shut(const rc_h5_source *source);

#endif
