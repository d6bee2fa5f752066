#pragma once
#include <stdint.h>

typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;
#define pdTRUE 1
#define pdMS_TO_TICKS(ms) ((TickType_t)((ms) / 10))
