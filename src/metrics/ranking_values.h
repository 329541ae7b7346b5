/* ranking_values.h - the areas under the curves out of the scores that are kept or binned. */
#ifndef RC_METRICS_RANKING_VALUES_H
#define RC_METRICS_RANKING_VALUES_H

#include "metrics/ranking.h"

#define RC_ONE_CLASS "the truth holds one class only"
#define RC_CLASS_WITHOUT_ROWS "a class of the model is never the truth"
#define RC_BINS_FULL "the weights are too large to be binned"

/* Computes the ranks, unless they are there already. roc_auc counts a tie as one half, more than
 * one score: the mean over the scores' classes, each against all others. pr_auc is the average
 * precision, the sum over the distinct scores of precision times the rise of recall. Definitions
 * are scikit-learn's, but with rows of one class only both are undefined. Threads: one at a time
 * on an object, though it is const. False when memory has ended. */
bool rc_ranking_values(rc_ranking *ranking);

#endif
