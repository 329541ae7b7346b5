/* decode.c - stored numbers to float32 and float64. */
#include "table/h5/rows_state.h"

#include <string.h>

/* -- Values. ------------------------------------------------------------------------------------
 */

static inline uint8_t swap_1(uint8_t x)
{
    return x;
}
#define swap_2(x) __builtin_bswap16(x)
#define swap_4(x) __builtin_bswap32(x)
#define swap_8(x) __builtin_bswap64(x)
#define keep(x) (x)

/* Exact: a scaling by a power of two brings the exponent to float32's, subnormals with it. */
static inline float half_value(uint16_t bits)
{
    uint32_t rest = (uint32_t)(bits & 0x7fff) << 13, all;
    float x;
    memcpy(&x, &rest, sizeof(x));
    x *= 0x1p112f;
    memcpy(&all, &x, sizeof(all));
    all = rest >= 0x7c00u << 13 ? rest | 0x7f800000 : all; /* infinity, NaN */
    all |= (uint32_t)(bits & 0x8000) << 16;
    memcpy(&x, &all, sizeof(x));
    return x;
}

static inline float single_value(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static inline double double_value(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

#define int8_value(bits) ((int8_t)(bits))
#define int16_value(bits) ((int16_t)(bits))
#define int32_value(bits) ((int32_t)(bits))
#define int64_value(bits) ((int64_t)(bits))
#define uint_value(bits) (bits)
#define bool_value(bits) ((bits) != 0)

/* One loop for values that stand side by side, which the compiler makes vectors of, and one for
 * those that do not. */
#define DECODE(NAME, RAW, ORDER, VALUE, OUT)                                              \
    static void NAME(const unsigned char *at, size_t stride, size_t n, OUT *restrict out) \
    {                                                                                     \
        RAW raw;                                                                          \
        if (stride == sizeof(raw))                                                        \
            for (size_t r = 0; r < n; r++) {                                              \
                memcpy(&raw, at + r * sizeof(raw), sizeof(raw));                          \
                out[r] = (OUT)VALUE(ORDER(raw));                                          \
            }                                                                             \
        else                                                                              \
            for (size_t r = 0; r < n; r++) {                                              \
                memcpy(&raw, at + r * stride, sizeof(raw));                               \
                out[r] = (OUT)VALUE(ORDER(raw));                                          \
            }                                                                             \
    }

/* Each type to both outputs, in both byte orders. */
#define DECODE_ORDERS(NAME, RAW, SWAP, VALUE)           \
    DECODE(NAME##_little_f64, RAW, keep, VALUE, double) \
    DECODE(NAME##_little_f32, RAW, keep, VALUE, float)  \
    DECODE(NAME##_big_f64, RAW, SWAP, VALUE, double)    \
    DECODE(NAME##_big_f32, RAW, SWAP, VALUE, float)

DECODE_ORDERS(int_1, uint8_t, swap_1, int8_value)
DECODE_ORDERS(int_2, uint16_t, swap_2, int16_value)
DECODE_ORDERS(int_4, uint32_t, swap_4, int32_value)
DECODE_ORDERS(int_8, uint64_t, swap_8, int64_value)
DECODE_ORDERS(uint_1, uint8_t, swap_1, uint_value)
DECODE_ORDERS(uint_2, uint16_t, swap_2, uint_value)
DECODE_ORDERS(uint_4, uint32_t, swap_4, uint_value)
DECODE_ORDERS(uint_8, uint64_t, swap_8, uint_value)
DECODE_ORDERS(float_2, uint16_t, swap_2, half_value)
DECODE_ORDERS(float_4, uint32_t, swap_4, single_value)
DECODE_ORDERS(float_8, uint64_t, swap_8, double_value)
DECODE_ORDERS(bool_1, uint8_t, swap_1, bool_value)

typedef struct decoders {
    rc_h5_type type;
    uint32_t n_bytes;
    rc_h5_decode_f64 f64[2]; /* little, big */
    rc_h5_decode_f32 f32[2];
} decoders;

#define ROW(TYPE, N_BYTES, NAME)                            \
    {                                                       \
        TYPE, N_BYTES, {NAME##_little_f64, NAME##_big_f64}, \
        {                                                   \
            NAME##_little_f32, NAME##_big_f32               \
        }                                                   \
    }

static const decoders table[] = {
    ROW(RC_H5_INT, 1, int_1),     ROW(RC_H5_INT, 2, int_2),     ROW(RC_H5_INT, 4, int_4),
    ROW(RC_H5_INT, 8, int_8),     ROW(RC_H5_UINT, 1, uint_1),   ROW(RC_H5_UINT, 2, uint_2),
    ROW(RC_H5_UINT, 4, uint_4),   ROW(RC_H5_UINT, 8, uint_8),   ROW(RC_H5_FLOAT, 2, float_2),
    ROW(RC_H5_FLOAT, 4, float_4), ROW(RC_H5_FLOAT, 8, float_8), ROW(RC_H5_BOOL, 1, bool_1),
};

static const decoders *find(const rc_h5_column *column)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].type == column->type && table[i].n_bytes == column->n_bytes)
            return &table[i];
    return NULL;
}

rc_h5_decode_f64 rc_h5_decoder_f64(const rc_h5_column *column)
{
    const decoders *found = find(column);
    return found != NULL ? found->f64[column->is_big_endian] : NULL;
}

rc_h5_decode_f32 rc_h5_decoder_f32(const rc_h5_column *column)
{
    const decoders *found = find(column);
    return found != NULL ? found->f32[column->is_big_endian] : NULL;
}
