/* rejects.h - refused rows as a CSV file, and how many of them are too many. */
#ifndef RC_RUN_REJECTS_H
#define RC_RUN_REJECTS_H

#include "io/output.h"
#include "io/pack.h"
#include "run/packet.h"

/* Belongs to the sink. */
typedef struct rc_rejects {
    const rc_schema *schema; /* kept */
    rc_output *output;       /* NULL: no file is asked for; the job finishes it */
    rc_pack *pack;
    rc_buf text, packed;
    bool has_most; /* more than `most` refused rows end the run at once */
    double most;
    uint64_t n;
    rc_error first; /* the first refused row, for a message */
} rc_rejects;

/* Where a packet begins: the numbers that only the sink knows. */
typedef struct rc_packet_place {
    const char *file;
    uint64_t row, line; /* records and line ends before it in its file */
} rc_packet_place;

/* Opens the file, which is compressed by its extension, and writes its header. path NULL: none. */
rc_status rc_rejects_open(rc_rejects *rejects, const char *path, const rc_schema *schema,
                          const rc_temporary_hook *hook, rc_error *err);
void rc_rejects_close(rc_rejects *rejects);

/* Writes the refused rows of a packet. RC_E_DATA: too many; the text names the row that is one too
 * many. */
rc_status rc_rejects_add(rc_rejects *rejects, const rc_packet *packet, const rc_packet_place *place,
                         rc_error *err);

#endif
