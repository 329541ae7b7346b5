/* foreign.c - tell by their first bytes files that are not read, for messages. */
#include "io/foreign.h"

#include <string.h>

static const rc_foreign foreign[] = {
    {"\x89HDF\r\n\x1a\n", 8, "HDF5", "an HDF5/Keras file", false},
    {"PK\x03\x04", 4, "zip", "a zip archive (.keras, .pt, .npz)", false},
    {"PAR1", 4, "Parquet", "a Parquet file", false},
    {"ARROW1", 6, "Arrow", "an Arrow file", false},
    {"\x93NUMPY", 6, "NumPy", "a NumPy file", false},
    {"\x1f\x8b", 2, "gzip", "a gzip file", false},
    {"\x28\xb5\x2f\xfd", 4, "zstd", "a zstd file", false},
    {"BZh", 3, "bzip2", "a bzip2 file", false},
    {"\xfd\x37zXZ", 5, "xz", "an xz file", false},
    {"\xff\xfe", 2, "UTF-16", "UTF-16 text", false},
    {"\xfe\xff", 2, "UTF-16", "UTF-16 text", false},
    {"\x80\x02", 2, "a pickle", "a pickle", false},
    {"\x80\x03", 2, "a pickle", "a pickle", false},
    {"\x80\x04", 2, "a pickle", "a pickle", false},
    {"\x80\x05", 2, "a pickle", "a pickle", false},
    {"\xef\xbb\xbf{", 4, "JSON", "JSON behind a byte order mark", true},
    {"\xef\xbb\xbf<", 4, "XML", "XML (PMML)", true},
    {"<", 1, "XML", "XML (PMML)", true},
    {"[", 1, "JSON", "a JSON list", true},
    {"\x08", 1, "ONNX", "an ONNX file", true},
};

const rc_foreign *rc_foreign_find(const char *data, size_t n)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
        if (n >= foreign[i].n && memcmp(data, foreign[i].magic, foreign[i].n) == 0)
            return &foreign[i];
    return NULL;
}
