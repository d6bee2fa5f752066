/* What the device in C takes of <string.h>: a cross compiler alone brings no C library. */
#ifndef STRING_H
#define STRING_H
#include <stddef.h>
void* memcpy(void* to, const void* from, size_t size);
void* memmove(void* to, const void* from, size_t size);
void* memset(void* to, int byte, size_t size);
int memcmp(const void* a, const void* b, size_t size);
size_t strlen(const char* text);
int strcmp(const char* a, const char* b);
char* strchr(const char* text, int c);
#endif
