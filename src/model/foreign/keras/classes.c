/* classes.c - which layers there are; what to do instead of those that are not supported. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

enum { ANY = 100000 };

static const rc_keras_class classes[] = {
    {"Dense", rc_keras_dense, RC_KERAS_COMPUTES, 1, 1},
    {"Activation", rc_keras_activation_layer, RC_KERAS_COMPUTES, 1, 1},
    {"BatchNormalization", rc_keras_batch_norm, RC_KERAS_COMPUTES, 1, 1},
    {"BatchNormalizationV1", rc_keras_batch_norm, RC_KERAS_COMPUTES, 1, 1},
    {"SyncBatchNormalization", rc_keras_batch_norm, RC_KERAS_COMPUTES, 1, 1},
    {"LayerNormalization", rc_keras_layer_norm, RC_KERAS_COMPUTES, 1, 1},
    {"RMSNormalization", rc_keras_rms_norm, RC_KERAS_COMPUTES, 1, 1},
    {"UnitNormalization", rc_keras_unit_norm, RC_KERAS_COMPUTES, 1, 1},
    {"GroupNormalization", rc_keras_group_norm, RC_KERAS_COMPUTES, 1, 1},
    {"Normalization", rc_keras_normalization, RC_KERAS_COMPUTES, 1, 1},
    {"Rescaling", rc_keras_rescaling, RC_KERAS_COMPUTES, 1, 1},
    {"ReLU", rc_keras_activation_class, RC_KERAS_COMPUTES, 1, 1},
    {"ELU", rc_keras_activation_class, RC_KERAS_COMPUTES, 1, 1},
    {"LeakyReLU", rc_keras_activation_class, RC_KERAS_COMPUTES, 1, 1},
    {"Softmax", rc_keras_activation_class, RC_KERAS_COMPUTES, 1, 1},
    {"ThresholdedReLU", rc_keras_activation_class, RC_KERAS_COMPUTES, 1, 1},
    {"PReLU", rc_keras_prelu, RC_KERAS_COMPUTES, 1, 1},
    {"Embedding", rc_keras_embedding, RC_KERAS_COMPUTES, 1, 1},
    {"Discretization", rc_keras_discretization, RC_KERAS_COMPUTES, 1, 1},
    {"CategoryEncoding", rc_keras_category_encoding, RC_KERAS_COMPUTES, 1, 1},
    {"StringLookup", rc_keras_lookup, RC_KERAS_LOOKS_UP, 1, 1},
    {"IntegerLookup", rc_keras_lookup, RC_KERAS_LOOKS_UP, 1, 1},
    {"Flatten", rc_keras_flatten, RC_KERAS_SHAPES, 1, 1},
    {"Reshape", rc_keras_reshape, RC_KERAS_SHAPES, 1, 1},
    {"Permute", rc_keras_permute, RC_KERAS_COMPUTES, 1, 1},
    {"RepeatVector", rc_keras_repeat_vector, RC_KERAS_COMPUTES, 1, 1},
    {"GlobalAveragePooling1D", rc_keras_pool_average, RC_KERAS_COMPUTES, 1, 1},
    {"GlobalMaxPooling1D", rc_keras_pool_max, RC_KERAS_COMPUTES, 1, 1},
    {"Dropout", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"AlphaDropout", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"SpatialDropout1D", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"GaussianDropout", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"GaussianNoise", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"ActivityRegularization", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"Identity", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"Add", rc_keras_merge, RC_KERAS_COMPUTES, 2, ANY},
    {"Subtract", rc_keras_merge, RC_KERAS_COMPUTES, 2, 2},
    {"Multiply", rc_keras_merge, RC_KERAS_COMPUTES, 2, ANY},
    {"Maximum", rc_keras_merge, RC_KERAS_COMPUTES, 2, ANY},
    {"Minimum", rc_keras_merge, RC_KERAS_COMPUTES, 2, ANY},
    {"Average", rc_keras_average, RC_KERAS_COMPUTES, 2, ANY},
    {"Concatenate", rc_keras_concatenate, RC_KERAS_COMPUTES, 1, ANY},
    {"Dot", rc_keras_dot, RC_KERAS_COMPUTES, 2, 2},
    {"TFDConcat", rc_keras_concatenate, RC_KERAS_COMPUTES, 1, ANY}, /* of FeatureSpace */
    {"TFDIdentity", rc_keras_same, RC_KERAS_KEEPS, 1, 1},
    {"SlicingOpLambda", rc_keras_operation, RC_KERAS_COMPUTES, 0, ANY},
    {"TFOpLambda", rc_keras_operation, RC_KERAS_COMPUTES, 0, ANY},
};

static const rc_keras_class operation = {"operation", rc_keras_operation, RC_KERAS_COMPUTES, 0,
                                         ANY};

/* What helps, by the beginning of the name of a class. */
static const struct {
    const char *begin, *hint;
} hints[] = {
    {"Lambda", "it holds Python code; replace it by Rescaling, Normalization or another layer"},
    {"Conv", "rowcast scores models of tables: Dense layers, lookups and scalers"},
    {"LSTM", "rowcast scores models of tables: Dense layers, lookups and scalers"},
    {"GRU", "rowcast scores models of tables: Dense layers, lookups and scalers"},
    {"MultiHeadAttention", "rowcast scores models of tables: Dense layers, lookups and scalers"},
    {"Hash", "it hashes; use StringLookup or IntegerLookup with a vocabulary"},
    {"Masking", "it masks steps of time; leave it out of a model of tables"},
};

static const rc_keras_class *find(const char *name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strcmp(classes[i].name, name) == 0)
            return &classes[i];
    return NULL;
}

bool rc_keras_class_is_known(const char *name)
{
    return find(name) != NULL || strcmp(name, "InputLayer") == 0;
}

const rc_keras_class *rc_keras_class_find(rc_keras_walk *walk, const rc_keras_layer *layer)
{
    const rc_keras_class *found = layer->is_operation ? &operation : find(layer->class_name);
    if (found != NULL)
        return found;
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strncmp(layer->class_name, hints[i].begin, strlen(hints[i].begin)) == 0)
            rc_keras_hint(walk, "%s", hints[i].hint);
    char quoted[RC_QUOTED_BYTES];
    rc_keras_fail(walk, "a layer of class '%s' is not supported",
                  rc_text_quote(layer->class_name, strlen(layer->class_name), quoted));
    return NULL;
}
