# Embeds the registry's SQL in the binary, so that `latchkey db migrate` needs no other files.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/code/views)

# Sets `out` to a file's text as a C++ string literal; a change of the file makes ninja configure again.
function(latchkey_literal path out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  set(${out} "R\"sql~~(${text})sql~~\"" PARENT_SCOPE)
endfunction()

# Appends the entry of one file of registry/code, named by its folder and file name.
function(latchkey_code_entry kind path)
  latchkey_literal(${path} text)
  get_filename_component(folder ${path} DIRECTORY)
  get_filename_component(folder ${folder} NAME)
  get_filename_component(name ${path} NAME_WLE)
  set(code "${code}    {CodeFile::Kind::${kind}, \"${folder}/${name}\", ${text}},\n" PARENT_SCOPE)
endfunction()

file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/schema/*.sql)
set(schema "")
foreach(path IN LISTS schema_files)
  latchkey_literal(${path} text)
  get_filename_component(file ${path} NAME_WE)
  string(REGEX MATCH "^([0-9]+)_(.*)$" _ ${file})
  string(APPEND schema "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\", ${text}},\n")
endforeach()

# Functions in any order, then views in the order of registry/code/views, then triggers.
file(GLOB code_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/code/*/*.sql)
file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/code/views views REGEX "^[^#]")
list(TRANSFORM views PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/code/)
list(TRANSFORM views APPEND .sql)
set(triggers "")
set(code "")
foreach(path IN LISTS code_files)
  file(STRINGS ${path} made REGEX "^CREATE OR REPLACE (FUNCTION|VIEW|TRIGGER) ")
  if(made MATCHES "REPLACE FUNCTION")
    latchkey_code_entry(function ${path})
  elseif(made MATCHES "REPLACE TRIGGER")
    list(APPEND triggers ${path})
  elseif(NOT path IN_LIST views)
    message(FATAL_ERROR "registry/code/views does not list ${path}")
  endif()
endforeach()
foreach(path IN LISTS views)
  latchkey_code_entry(view ${path})
endforeach()
foreach(path IN LISTS triggers)
  latchkey_code_entry(trigger ${path})
endforeach()

file(GLOB pass_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/passes/*.sql)
set(passes "")
foreach(path IN LISTS pass_files)
  latchkey_literal(${path} text)
  get_filename_component(name ${path} NAME_WE)
  string(APPEND passes "    {\"${name}\", ${text}},\n")
endforeach()

file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/sources.cpp @ONLY CONTENT
[=[#include "registry/sources.hpp"

namespace latchkey::registry {

std::span<const SchemaFile> schema_files() {
  static constexpr SchemaFile all[] = {
@schema@  };
  return all;
}

std::span<const CodeFile> code_files() {
  static constexpr CodeFile all[] = {
@code@  };
  return all;
}

std::span<const PassFile> pass_files() {
  static constexpr PassFile all[] = {
@passes@  };
  return all;
}

}  // namespace latchkey::registry
]=])
