/* filter_list.c - which filters a dataset has, and who undoes them. */
#include "table/h5/filters.h"
#include "table/h5/reader/reader.h"

typedef struct known_filter {
    H5Z_filter_t id;
    const char *name;
} known_filter;

static const known_filter known[] = {
    {1, "deflate"},   {2, "shuffle"},     {3, "fletcher32"}, {4, "szip"},
    {5, "nbit"},      {6, "scaleoffset"}, {305, "lzo"},      {307, "bzip2"},
    {32000, "lzf"},   {32001, "blosc"},   {32004, "lz4"},    {32008, "bitshuffle"},
    {32013, "zfp"},   {32015, "zstd"},    {32017, "sz"},     {32018, "fcidecomp"},
    {32019, "jpeg"},  {32024, "sz3"},     {32026, "blosc2"}, {32028, "ebcc"},
    {32029, "sperr"},
};

const char *rc_h5_filter_name(H5Z_filter_t id)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].id == id)
            return known[i].name;
    return NULL;
}

static rc_status refuse(const char *path, H5Z_filter_t id, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    const char *name = rc_h5_filter_name(id);
    rc_error_set(err, RC_E_DATA, "dataset '%s': filter %d (%s) cannot be undone here",
                 rc_h5_quote(path, quoted), id, name != NULL ? name : "unknown");
    rc_error_hint(err,
                  "h5repack -f '%s:SHUF' -f '%s:GZIP=4' IN.h5 OUT.h5 rewrites it, where the "
                  "filter's plug-in is installed",
                  quoted, quoted);
    return RC_E_DATA;
}

/* The workers undo each filter once. */
static bool is_twice(const rc_h5_storage *s)
{
    for (uint32_t i = 0; i + 1 < s->n_filters; i++)
        if (s->filters[i].id == s->filters[s->n_filters - 1].id)
            return true;
    return false;
}

static rc_status add_filter(hid_t creation, unsigned i, const char *path, bool *by_library,
                            rc_h5_storage *s, rc_error *err)
{
    unsigned flags, values[RC_H5_MAX_FILTER_VALUES], config;
    size_t n_values = RC_H5_MAX_FILTER_VALUES;
    H5Z_filter_t id = H5Pget_filter2(creation, i, &flags, &n_values, values, 0, NULL, &config);
    if (id < 0)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    rc_h5_filter *f = &s->filters[s->n_filters++];
    *f = (rc_h5_filter){.id = (uint32_t)id};
    f->n_values = n_values < RC_H5_MAX_FILTER_VALUES ? (uint32_t)n_values : RC_H5_MAX_FILTER_VALUES;
    for (uint32_t k = 0; k < f->n_values; k++)
        f->values[k] = values[k];
    *by_library = *by_library || !rc_h5_filter_is_known(f->id) || is_twice(s);
    bool is_known = rc_h5_filter_is_known(f->id) || id == H5Z_FILTER_SZIP ||
                    id == H5Z_FILTER_NBIT || id == H5Z_FILTER_SCALEOFFSET;
    return is_known ? RC_OK : refuse(path, id, err);
}

rc_status rc_h5_filters_describe(hid_t creation, const char *path, bool *by_library,
                                 rc_h5_storage *s, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    int n = H5Pget_nfilters(creation);
    *by_library = false;
    s->n_filters = 0;
    if (n < 0)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    if (n > RC_H5_MAX_FILTERS)
        return rc_error_set(err, RC_E_DATA, "dataset '%s': %d filters; at most 8 are undone",
                            rc_h5_quote(path, quoted), n);
    for (int i = 0; i < n; i++)
        RC_TRY(add_filter(creation, (unsigned)i, path, by_library, s, err));
    for (uint32_t i = 0; *by_library && i < s->n_filters; i++)
        if (H5Zfilter_avail((H5Z_filter_t)s->filters[i].id) <= 0)
            return refuse(path, (H5Z_filter_t)s->filters[i].id, err);
    return RC_OK;
}
