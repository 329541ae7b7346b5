/* compose.h - what frameworks have as one operation and the tape has as several steps. */
#ifndef RC_MODEL_FOREIGN_COMPOSE_H
#define RC_MODEL_FOREIGN_COMPOSE_H

#include "model/foreign/tape.h"

/* All give RC_NO_VALUE where the tape holds a failure; rc_tape_status says it. */

/* fn (two operands) of each column of v and its constant: (width). is_first: the constant is the
 * first operand. Becomes an affine where it can. */
rc_value rc_compose_with_constant(rc_tape *tape, rc_elementwise fn, rc_value v,
                                  const double *numbers, bool is_first);

/* v seen as (outer, n, inner) row-major, reduced over n to (outer, inner): fn is add, mul, min or
 * max. */
rc_value rc_compose_reduce(rc_tape *tape, rc_elementwise fn, rc_value v, size_t outer, size_t n,
                           size_t inner);

/* Mean over the columns of each of `groups` runs of n columns: (groups). */
rc_value rc_compose_mean(rc_tape *tape, rc_value v, size_t groups, size_t n);

/* Each column of v (groups) n times, one behind the other: (groups * n). */
rc_value rc_compose_repeat(rc_tape *tape, rc_value v, size_t n);

/* (x - mean) / sqrt(variance + epsilon) * scale + shift over each of `groups` runs of n columns;
 * scale and shift are (n) or NULL. is_rms: the mean is not subtracted. */
rc_value rc_compose_layer_norm(rc_tape *tape, rc_value v, size_t groups, size_t n, double epsilon,
                               const double *scale, const double *shift, bool is_rms);

/* x, or slope x where x < 0; slope is (width). */
rc_value rc_compose_prelu(rc_tape *tape, rc_value v, const double *slope);

/* Softmax of each of `groups` runs of n columns. */
rc_value rc_compose_softmax(rc_tape *tape, rc_value v, size_t groups, size_t n, bool log);

/* Number of the largest of the n columns of each run, the first or the last of equals: (groups). */
rc_value rc_compose_argmax(rc_tape *tape, rc_value v, size_t groups, size_t n, bool is_last);

/* As wide as v: its first largest column is the last largest one of v. */
rc_value rc_compose_last(rc_tape *tape, rc_value v);

/* Toward zero. */
rc_value rc_compose_truncate(rc_tape *tape, rc_value v);

#endif
