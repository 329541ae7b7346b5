/* scorer.h - what is behind rc_scorer and rc_workspace of the public header. */
#ifndef RC_RUN_SCORER_H
#define RC_RUN_SCORER_H

#include <string.h>

#include "base/mem.h"
#include "score/decide.h"
#include "table/cell.h"
#include "table/vocabulary.h"

/* What a value of x is for an input, resolved: the rules of missing and unknown as one look tells
 * them. Values that refuse are 0, so that the tile holds something to compute with. */
typedef struct rc_input_rule {
    bool is_read, is_category;
    bool missing_refuses, unknown_refuses;
    double missing_value, unknown_value;
    double n_values;
} rc_input_rule;

/* All set at open. */
struct rc_scorer {
    rc_model *model;
    rc_plan *plan;
    rc_decision decision;
    rc_input_rule *rules;       /* (n_inputs) */
    rc_vocabulary **categories; /* (n_inputs) NULL for numbers */
    const char **names;         /* (n_inputs) or NULL */
    char **na;                  /* (cells.missing.n) or NULL: the default list */
    rc_cell_rules cells;
};

struct rc_workspace {
    const rc_scorer *scorer;
    rc_scratch scratch;
    double column[RC_TILE_ROWS]; /* of x, on its way into the tile */
    uint32_t labels[RC_TILE_ROWS];
};

/* Sizes that a struct of the public header can have, in any version. */
enum { RC_STRUCT_LEAST = 2 * sizeof(size_t), RC_STRUCT_MOST = 1 << 16 };

/* Copies what two versions of a struct have in common, all but its size, which stands first. False
 * if `from_bytes` or `to_bytes` is no size of one. */
static inline bool rc_struct_copy(void *to, size_t to_bytes, const void *from, size_t from_bytes)
{
    size_t n = to_bytes < from_bytes ? to_bytes : from_bytes;
    if (n < RC_STRUCT_LEAST || to_bytes > RC_STRUCT_MOST || from_bytes > RC_STRUCT_MOST)
        return false;
    memcpy((char *)to + sizeof(size_t), (const char *)from + sizeof(size_t), n - sizeof(size_t));
    return true;
}

/* Fills a struct of the program, all of it, with what this version has; the size stays its own. */
static inline void rc_struct_fill(void *to, size_t to_bytes, const void *from, size_t from_bytes)
{
    memset(to, 0, to_bytes);
    memcpy(to, from, to_bytes < from_bytes ? to_bytes : from_bytes);
    memcpy(to, &to_bytes, sizeof(to_bytes));
}

#define RC_IS_NULL "an argument is NULL that must not be"
#define RC_NO_INPUT "the model does not have this input"
#define RC_NO_SIZE "struct_bytes is not the size of the struct"

/* RC_E_USAGE: what a function was given where it needs another thing. */
static inline rc_status rc_misuse(rc_error *err, const char *what)
{
    return rc_error_set(err, RC_E_USAGE, "%s", what);
}

#endif
