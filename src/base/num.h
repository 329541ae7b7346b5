/* num.h - bytes to numbers and back: exact, and the same under every locale. */
#ifndef RC_BASE_NUM_H
#define RC_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rowcast.h"

/* Bytes behind the end of a text that the parsers may read (never use): buffers leave this room. */
#define RC_NUM_SLACK 16

/* Longest text that a printer writes; no NUL is added. */
#define RC_NUM_BYTES 32

/**
 * Parses a whole text as a number, rounded correctly (to nearest, ties to even) to the type.
 *
 * Grammar: blanks (space, tab) around; a sign; digits with at most one point and at least one
 * digit; an exponent (e or E, sign, digits); or inf, infinity, true (1), false (0) in any case
 * (a sign before inf and infinity only). Nothing else: no nan, no hexadecimal, no empty text.
 * Beyond the range: infinity; below it: zero, both with the sign.
 *
 * The text begins at `text` and ends before `end`; RC_NUM_SLACK bytes from `end` on are readable.
 * False, and *out untouched, if it is no number.
 */
bool rc_num_parse_f64(const char *text, const char *end, double *out);
bool rc_num_parse_f32(const char *text, const char *end, float *out);

/* Texts that rc_num_parsers take at once. */
#define RC_NUM_MOST_TEXTS 64

/**
 * The parsers of a level that the machine has; all give the same.
 *
 * f64s, f32s: n <= RC_NUM_MOST_TEXTS texts of so many bytes each, as single ones are parsed. Bit i
 * of the result is set where text i is no number; out[i] holds anything there.
 */
typedef struct rc_num_parsers {
    bool (*f64)(const char *text, const char *end, double *out);
    bool (*f32)(const char *text, const char *end, float *out);
    uint64_t (*f64s)(const char *const *texts, const uint32_t *lengths, size_t n, double *out);
    uint64_t (*f32s)(const char *const *texts, const uint32_t *lengths, size_t n, float *out);
} rc_num_parsers;

rc_num_parsers rc_num_parsers_of(rc_cpu_level level);

/* With vector instructions: RC_CPU_AVX2 must be there (rc_cpu_has). */
bool rc_num_parse_avx2_f64(const char *text, const char *end, double *out);
bool rc_num_parse_avx2_f32(const char *text, const char *end, float *out);
uint64_t rc_num_parse_avx2_f64s(const char *const *texts, const uint32_t *lengths, size_t n,
                                double *out);
uint64_t rc_num_parse_avx2_f32s(const char *const *texts, const uint32_t *lengths, size_t n,
                                float *out);

/* What the quick ways of all of them leave: any text. */
bool rc_num_long_f64(const char *text, const char *end, double *out);
bool rc_num_long_f32(const char *text, const char *end, float *out);

/* The same for text without slack behind it (options, model files). */
bool rc_num_parse_text(const char *text, size_t n, double *out);

/* Decimal digits only, the whole text; false on anything else and on overflow. */
bool rc_num_parse_u64(const char *text, size_t n, uint64_t *out);

/**
 * Writes the shortest decimal that reads back to the same value (of several the closest to it);
 * "1" rather than "1.0", "-0", "inf", "-inf", "nan". Values from 1e-5 up to below 1e17 have no
 * exponent ("0.00001", "12500000000"); others are "1.5e-7", "1e17", "2.5e300".
 * Returns the number of bytes, at most RC_NUM_BYTES; that much room may be written in any case.
 */
size_t rc_num_print_f64(double x, char *out);
size_t rc_num_print_f32(float x, char *out);
size_t rc_num_print_u64(uint64_t x, char *out);

#endif
