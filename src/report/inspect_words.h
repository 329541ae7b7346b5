/* inspect_words.h - what the parts of a model are called in its files. */
#ifndef RC_REPORT_INSPECT_WORDS_H
#define RC_REPORT_INSPECT_WORDS_H

#include "model/model.h"

const char *rc_word_task(rc_task task);
const char *rc_word_dtype(rc_dtype dtype);
const char *rc_word_op(rc_op op);
const char *rc_word_link(rc_link link);
const char *rc_word_activation(rc_activation fn);
const char *rc_word_elementwise(rc_elementwise fn);
const char *rc_word_norm(rc_norm norm);

#endif
