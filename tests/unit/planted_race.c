/* planted_race.c - two threads write one variable: the thread sanitizer must see it, or its silence
 * about everything else means nothing. */
#include <stdio.h>

int main(void)
{
    int x = 0;
#pragma omp parallel num_threads(2) shared(x)
    for (int i = 0; i < 1000; i++)
        x++;
    printf("%d\n", x > 0);
    return 0;
}
