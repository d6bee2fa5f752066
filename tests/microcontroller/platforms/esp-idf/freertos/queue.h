#pragma once
#include "FreeRTOS.h"

typedef struct queue* QueueHandle_t;

QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t item_size);
BaseType_t xQueueSend(QueueHandle_t queue, const void* item, TickType_t wait);
BaseType_t xQueueReceive(QueueHandle_t queue, void* item, TickType_t wait);
UBaseType_t uxQueueSpacesAvailable(QueueHandle_t queue);
