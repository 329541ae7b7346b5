/* scorer.h - what is behind rc_scorer and rc_workspace of the public header. */
#ifndef RC_RUN_SCORER_H
#define RC_RUN_SCORER_H

#include "run/cells.h"
#include "run/public.h"
#include "score/decide.h"

/* All set at open. */
struct rc_scorer {
    rc_model *model;
    rc_plan *plan;
    rc_decision decision;
    rc_input_rule *rules; /* (n_inputs) */
    const char **names;   /* (n_inputs) or NULL */
    char **na;            /* (cells.missing.n) or NULL: the default list */
    rc_cell_rules cells;
};

struct rc_workspace {
    const rc_scorer *scorer;
    rc_scratch scratch;
    double column[RC_TILE_ROWS]; /* of x, on its way into the tile */
    uint32_t labels[RC_TILE_ROWS];
};

#define RC_NO_INPUT "the model does not have this input"

/* "input 'age': ..."; returns RC_E_DATA. */
rc_status rc_scorer_wrap_input(const rc_scorer *s, size_t i, rc_error *err);

#endif
