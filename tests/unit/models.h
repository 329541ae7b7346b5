/* models.h - the text of a native model for tests; ' stands for ". */
#ifndef RC_TESTS_MODELS_H
#define RC_TESTS_MODELS_H

#include "base/mem.h"
#include "model/model.h"

/* Two numbers and a category. */
#define MODEL_INPUTS                                             \
    "{'name':'a','type':'number'},{'name':'b','type':'number'}," \
    "{'name':'c','type':'category','values':['red',1.50,'\\u00e9']}"

/* A regression of value "y". The caller releases it. */
static inline rc_buf model_text(const char *dtype, const char *inputs, const char *steps)
{
    rc_buf text = {0};
    assert_true(rc_buf_printf(&text,
                              "{'format':'rowcast-model','version':1,'dtype':'%s','inputs':[%s],"
                              "'steps':[%s],'output':{'task':'regression','from':'y',"
                              "'link':'identity'}}",
                              dtype, inputs, steps));
    for (size_t i = 0; i < text.n; i++)
        text.data[i] = text.data[i] == '\'' ? '"' : text.data[i];
    return text;
}

#endif
