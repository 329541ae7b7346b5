/* tape.h - a native model that is being made out of a file of another format, behind the wall.
 *
 * A reader adds inputs and steps; each call gives the value that it makes. What goes wrong is kept:
 * from then on calls give RC_NO_VALUE and do nothing, and rc_tape_finish (or rc_tape_status) says
 * what it was. So a reader looks once, where a whole layer or node has been added.
 *
 * Arrays that are long do not enter the text of the model: they stand behind it, and are converted
 * piece by piece as the other side asks for them. What a matrix borrows must live until then. */
#ifndef RC_MODEL_FOREIGN_TAPE_H
#define RC_MODEL_FOREIGN_TAPE_H

#include "base/mem.h"
#include "model/model.h"

typedef struct rc_tape rc_tape;

/* A value: an input, or what a step makes. */
typedef size_t rc_value;
#define RC_NO_VALUE SIZE_MAX

/* How a number stands in a foreign file; little-endian. */
typedef enum rc_number_type {
    RC_NUMBER_F64,
    RC_NUMBER_F32,
    RC_NUMBER_F16,
    RC_NUMBER_BF16,
    RC_NUMBER_I64,
    RC_NUMBER_I32,
    RC_NUMBER_I16,
    RC_NUMBER_I8,
    RC_NUMBER_U64,
    RC_NUMBER_U32,
    RC_NUMBER_U16,
    RC_NUMBER_U8,
    RC_NUMBER_BOOL /* a byte */
} rc_number_type;

size_t rc_number_bytes(rc_number_type type);

/* Number i of an array that need not be aligned. 64-bit integers beyond 2^53 are rounded. */
double rc_number_at(rc_number_type type, const void *data, size_t i);

/* Whether every number of the type is a float32. */
bool rc_number_is_narrow(rc_number_type type);

/* A matrix in memory that is borrowed until the tape is closed: element (r, c) is number
 * r * row_stride + c * column_stride. */
typedef struct rc_matrix {
    rc_number_type type;
    const void *data;
    size_t n_rows, n_columns;
    size_t row_stride, column_stride;
} rc_matrix;

/* (n_rows, n_columns) row-major; its transpose, where the file has (n_columns, n_rows). */
rc_matrix rc_matrix_of(rc_number_type type, const void *data, size_t n_rows, size_t n_columns);
rc_matrix rc_matrix_transposed(rc_number_type type, const void *data, size_t n_rows,
                               size_t n_columns);

/* Makes a tape; *out is NULL on failure. */
rc_status rc_tape_open(rc_tape **out, rc_error *err);
void rc_tape_close(rc_tape *tape); /* NULL is fine */

/* The type that the model computes in; may be set at any time. Default float32. */
void rc_tape_set_dtype(rc_tape *tape, rc_dtype dtype);
rc_dtype rc_tape_dtype(const rc_tape *tape);

/* What steps from now on are called after ("dense_1"): a layer or node of the file. */
void rc_tape_label(rc_tape *tape, const char *label);

/* Memory that lives as long as the tape: n * size bytes of zeros. NULL: none, which is kept. */
void *rc_tape_alloc(rc_tape *tape, size_t n, size_t size);

/* Keeps a failure, the first one; returns RC_NO_VALUE. The text needs no place: callers wrap. */
rc_value rc_tape_fail(rc_tape *tape, const char *format, ...) RC_PRINTF(2, 3);

/* RC_OK, or the failure that is kept, with its text in err. */
rc_status rc_tape_status(const rc_tape *tape, rc_error *err);

/* Keeps what people should know before they trust the scores, the first one: printable ASCII, less
 * than RC_MODEL_WARNING_BYTES. */
void rc_tape_warn(rc_tape *tape, const char *format, ...) RC_PRINTF(2, 3);
const char *rc_tape_warning(const rc_tape *tape); /* "": there is nothing */

size_t rc_tape_width(const rc_tape *tape, rc_value v); /* RC_NO_VALUE: 0 */
size_t rc_tape_n_steps(const rc_tape *tape);

/* -- inputs; all before the first step, all with names or none ----------------------------------
 */

/* A number. missing_is_nan: a missing cell goes on as NaN, else it refuses the row. */
rc_value rc_tape_number(rc_tape *tape, const char *name, bool missing_is_nan);

/* What is a category in a file. Texts are UTF-8, or numbers as texts where is_number. */
typedef struct rc_category {
    const char *const *values; /* (n_values), all distinct; copied */
    size_t n_values;
    bool are_numbers;
    bool unknown_is_error;   /* else code -1: onehot gives zeros */
    const char *missing;     /* the value that a missing cell is; NULL: */
    bool missing_is_unknown; /* as an unknown value; else it refuses the row */
} rc_category;
rc_value rc_tape_category(rc_tape *tape, const char *name, const rc_category *category);

/* -- steps, as `man 5 rowcast-model` has them. Vectors are of the width of v, copied; NULL: absent
 * -- */

typedef struct rc_affine {
    const double *center, *divide, *scale, *shift;
} rc_affine;
rc_value rc_tape_affine(rc_tape *tape, rc_value v, const rc_affine *affine);
/* The same with one number for all columns. */
rc_value rc_tape_shift(rc_tape *tape, rc_value v, double shift);
rc_value rc_tape_scale(rc_tape *tape, rc_value v, double scale);
rc_value rc_tape_divide(rc_tape *tape, rc_value v, double divide);

/* weights: (width of all `in`, n_out); bias: (n_out) or NULL. */
rc_value rc_tape_dense(rc_tape *tape, const rc_value *in, size_t n_in, const rc_matrix *weights,
                       const double *bias);
/* Gives the dense step that made v its bias, where it is the last step and has none. False: it is
 * not so, and nothing is changed. */
bool rc_tape_add_bias(rc_tape *tape, rc_value v, const double *bias);
/* n constant columns. */
rc_value rc_tape_constant(rc_tape *tape, const double *numbers, size_t n);

/* Parameters that fn does not have are not read; those of NULL are its defaults. */
rc_value rc_tape_activation(rc_tape *tape, rc_value v, rc_activation fn,
                            const rc_activation_spec *spec);
rc_value rc_tape_softmax(rc_tape *tape, rc_value v, bool log);
rc_value rc_tape_impute(rc_tape *tape, rc_value v, const double *values, double missing);
rc_value rc_tape_clip(rc_tape *tape, rc_value v, const double *min, const double *max);
rc_value rc_tape_normalise(rc_tape *tape, rc_value v, rc_norm norm);

/* Of one column. Keys are the texts of a category, or numbers. A row that has none of them gives
 * zeros, or is refused. */
rc_value rc_tape_onehot_texts(rc_tape *tape, rc_value v, const char *const *values, size_t n,
                              bool unknown_is_error);
rc_value rc_tape_onehot_numbers(rc_tape *tape, rc_value v, const double *values, size_t n,
                                bool unknown_is_error);
/* Row i of table (n, width) for key i, else `unknown` (width), or NULL: the row is refused. A
 * lookup of a category: texts, else numbers. */
rc_value rc_tape_lookup_texts(rc_tape *tape, rc_value v, const char *const *keys, size_t n,
                              const rc_matrix *table, const double *unknown);
rc_value rc_tape_lookup_numbers(rc_tape *tape, rc_value v, const double *keys, size_t n,
                                const rc_matrix *table, const double *unknown);

/* An operand: a value, or (v RC_NO_VALUE and is_number) a number. */
typedef struct rc_tape_operand {
    rc_value v;
    bool is_number;
    double number;
} rc_tape_operand;
static inline rc_tape_operand rc_of_value(rc_value v)
{
    return (rc_tape_operand){.v = v};
}
static inline rc_tape_operand rc_of_number(double number)
{
    return (rc_tape_operand){.v = RC_NO_VALUE, .is_number = true, .number = number};
}
/* fn of 1, 2 or 3 operands, whose widths are equal or 1. At least one is a value. */
rc_value rc_tape_apply1(rc_tape *tape, rc_elementwise fn, rc_value a);
rc_value rc_tape_apply2(rc_tape *tape, rc_elementwise fn, rc_tape_operand a, rc_tape_operand b);
rc_value rc_tape_if(rc_tape *tape, rc_value condition, rc_tape_operand then,
                    rc_tape_operand otherwise);

/* Number of edges <= x; edges rise, the same for all columns. */
rc_value rc_tape_bin(rc_tape *tape, rc_value v, const double *edges, size_t n_edges, bool right,
                     bool is_onehot);

/* Columns of v, by number; no step where they are all of v in order. */
rc_value rc_tape_select(rc_tape *tape, rc_value v, const size_t *columns, size_t n);
/* Columns first .. first + n - 1. */
rc_value rc_tape_slice(rc_tape *tape, rc_value v, size_t first, size_t n);
rc_value rc_tape_concat(rc_tape *tape, const rc_value *values, size_t n);

/* -- what has been added, looked at again -------------------------------------------------------
 */

/* Takes back the last step if it made v and is an activation of this fn or a softmax, so that its
 * work becomes a link: gives what it read. RC_NO_VALUE, and nothing is changed, if it is not so. */
rc_value rc_tape_peel_activation(rc_tape *tape, rc_value v, rc_activation fn);
rc_value rc_tape_peel_softmax(rc_tape *tape, rc_value v);

/* -- the end ------------------------------------------------------------------------------------
 */

typedef struct rc_tape_output {
    rc_task task;
    rc_value from;
    rc_link link;
    bool has_decide;
    rc_value decide;            /* its largest column is the label */
    const char *const *classes; /* (n_classes), copied; texts, or numbers as texts */
    size_t n_classes;
    bool classes_are_numbers;
    const char *const *targets; /* (width of from) or NULL */
    bool has_threshold;
    double threshold;
} rc_tape_output;

/* Makes the model. */
rc_status rc_tape_finish(rc_tape *tape, const rc_tape_output *output, rc_error *err);

/* Bytes of the finished model as .rcm. */
uint64_t rc_tape_bytes(const rc_tape *tape);

/* Appends n bytes of it, from offset on; both within rc_tape_bytes. */
rc_status rc_tape_read(const rc_tape *tape, uint64_t offset, size_t n, rc_buf *out, rc_error *err);

#endif
