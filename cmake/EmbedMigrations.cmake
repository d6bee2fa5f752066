# The migrations as text inside the binary, so that `latchkey db migrate` needs no files beside it.
file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
set(entries "")
foreach(path IN LISTS migrations)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  get_filename_component(file ${path} NAME_WE)
  string(REGEX MATCH "^([0-9]+)_(.*)$" _ ${file})
  string(APPEND entries "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\", R\"sql~~(${text})sql~~\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/migrations.cpp @ONLY CONTENT
[=[#include "registry/migrations.hpp"

namespace latchkey::registry {

std::span<const Migration> migrations() {
  static constexpr Migration all[] = {
@entries@  };
  return all;
}

}  // namespace latchkey::registry
]=])
