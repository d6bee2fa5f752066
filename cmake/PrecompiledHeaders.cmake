# What nearly every source reads of the standard library is read once. Only that: with libraries of others nothing more is
# won, and a header of ours would have everything compiled again with every change of it. No source may rely on it:
# clang-tidy looks at each without (tests/lint/tidy.py), and clang's builds (tests/fuzz) do without.
set(standard_headers <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <expected> <filesystem>
  <functional> <iostream> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <string_view> <thread> <variant>
  <vector>)

# latchkey_precompile(TARGET OWNER HEADER...): OWNER makes it, all others share it.
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
