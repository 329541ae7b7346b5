/* layout.h - which columns the output has, and under which names. */
#ifndef RC_RUN_LAYOUT_H
#define RC_RUN_LAYOUT_H

#include "base/mem.h"
#include "model/model.h"
#include "table/bind.h"
#include "table/encode.h"
#include "table/h5/encode.h"

/* The names of the fields are owned. */
typedef struct rc_output_columns {
    rc_layout layout;
    rc_field *fields;
    size_t capacity;
    bool needs_margin;      /* among the fields */
    rc_h5_form *form;       /* HDF5 only */
    rc_encode_texts *texts; /* else */
} rc_output_columns;

/**
 * Plans the output columns: copies, then what --emit asks for, by the model's task.
 *
 * table    where rows come from HDF5, else NULL: then copies that are numbers keep their type in an
 *          HDF5 output.
 * Shapes   real field number i < width is value column i, i >= width is margin column i - width.
 * Errors   RC_E_USAGE: --emit of what the task does not have; a copied name that is also predicted;
 *          RC_E_DATA: a copied name that occurs twice, for NDJSON.
 */
rc_status rc_output_columns_init(rc_output_columns *columns, const rc_model *model,
                                 const rc_job_options *opt, const rc_schema *schema,
                                 const rc_binding *binding, const rc_h5_table *table,
                                 rc_output_format format, rc_error *err);
void rc_output_columns_release(rc_output_columns *columns);

#endif
