/* frames.h - what is asked of a reader of models, and what it answers. Both sides use it. */
#ifndef RC_MODEL_FOREIGN_FRAMES_H
#define RC_MODEL_FOREIGN_FRAMES_H

#include "guard/guard.h"

/* Each answer's kind follows its request's. */
enum {
    /* bool has architecture, text architecture. Answer: u32 rc_model_state; READY: u64 bytes of the
     * native model (.rcm), text warning (printable ASCII, or none); WANTS: count, then each: u32
     * number, text location, u64 offset, u64 length (UINT64_MAX: to the end) of a file beside the
     * model. */
    RC_MODEL_ASK_READ = RC_FRAME_FIRST,
    RC_MODEL_ANSWER_READ,
    /* u64 offset, u64 n. Answer: so many bytes of the native model. */
    RC_MODEL_ASK_PART,
    RC_MODEL_ANSWER_PART,
    /* u32 number of one that is wanted, u64 bytes in all, then bytes that go behind those
     * before. Answer: nothing. When all is given, READ is asked again. */
    RC_MODEL_ASK_GIVE,
    RC_MODEL_ANSWER_GIVE
};

typedef enum rc_model_state { RC_MODEL_READY, RC_MODEL_WANTS } rc_model_state;

enum {
    RC_MODEL_PART_BYTES = 8 << 20, /* most of one PART or GIVE */
    RC_MODEL_MOST_WANTED = 4096,   /* files beside the model */
    RC_MODEL_MOST_LOCATION = 4096, /* bytes of a location */
    RC_MODEL_MOST_ARCHITECTURE = 15 << 20
};

#endif
