# Embeds what `./dev bench --record` measured, so that `latchkey plan` needs no other files.
set(figures ${PROJECT_SOURCE_DIR}/docs/performance.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${figures})
file(READ ${figures} text)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/recorded_figures.cpp @ONLY CONTENT
[=[#include "service/planning/measured.hpp"

std::string_view latchkey::service::recorded_figures() {
  return R"figures(@text@)figures";
}
]=])
