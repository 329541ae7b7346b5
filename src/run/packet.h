/* packet.h - what one slot of the ring holds. */
#ifndef RC_RUN_PACKET_H
#define RC_RUN_PACKET_H

#include <stdlib.h>

#include "base/mem.h"
#include "metrics/metrics.h"
#include "run/refusal.h"
#include "table/h5/rows.h"

/* An HDF5 file whose rows packets hand to workers; the source's, until it is closed. */
typedef struct rc_h5_input {
    const rc_h5_table *table;
    const rc_h5_need *need;
    int fd;
    uint64_t memory; /* bytes that a packet of it takes while it is in work */
} rc_h5_input;

typedef struct rc_packet {
    /* written by the source */
    char *data; /* whole records, RC_CSV_SLACK zero bytes behind them */
    size_t n_bytes, capacity;
    size_t shift; /* of data, from the memory that it stands in */
    bool has_quote;
    /* The data are no records but the first bytes of one that is none: too long, or with a quote
     * that is never closed. n_lines is set, too. */
    rc_refusal_kind broken;
    uint64_t offset;       /* of the first byte in the decompressed file */
    size_t file;           /* number of the input that the records stand in */
    bool begins_file;      /* the first packet of that input */
    uint64_t header_lines; /* with begins_file: lines before the first byte */
    uint64_t bytes_read;   /* of all inputs as they are stored, up to here */
    /* HDF5: rows of a part in the place of records; then the worker keeps in `data` what the rows
     * are that it refuses, as CSV. NULL: data are records. */
    const rc_h5_input *part;
    uint64_t first_row;
    size_t n_part_rows;
    rc_buf *blocks; /* (n_blocks) by storage: rows that came through the reader */
    size_t n_blocks;

    /* written by the worker */
    rc_buf out;          /* the result rows, packed */
    rc_metrics *metrics; /* NULL without truth */
    rc_refused_rows refused;
    uint64_t n_rows;  /* records */
    uint64_t n_lines; /* line ends */
    uint64_t n_unlabelled;

    /* written by whoever finds the failure */
    rc_status status;
    bool has_line;       /* the failure is about a line; then the sink names file and line */
    uint64_t error_line; /* from 0 in this packet; with `broken`, where the quote opens */
    rc_error error;
} rc_packet;

static inline void rc_packet_free_data(rc_packet *packet)
{
    if (packet->data != NULL)
        free(packet->data - packet->shift);
    packet->data = NULL;
}

/* Marks the packet as failed at a line of it. Returns the status. */
static inline rc_status rc_packet_fail(rc_packet *packet, rc_status status, uint64_t line)
{
    packet->status = status;
    packet->has_line = true;
    packet->error_line = line;
    return status;
}

#endif
