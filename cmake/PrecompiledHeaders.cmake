# Precompiles the headers of the standard library that nearly every source includes. No other headers: third-party ones
# gain nothing more, and a change of our own would recompile everything. Every source must include what it uses:
# clang-tidy (tests/lint/tidy.py) and clang's builds (tests/fuzz) use no precompiled header.
set(standard_headers <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <expected> <filesystem>
  <functional> <iostream> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <string_view> <thread> <variant>
  <vector>)

# latchkey_precompile(TARGET OWNER HEADER...): the target OWNER compiles the header, all others reuse it.
function(latchkey_precompile target owner)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  elseif(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

function(latchkey_precompile_standard target)
  latchkey_precompile(${target} latchkey_base ${standard_headers})
endfunction()
