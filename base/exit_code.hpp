#pragma once

/// Exit codes by the numbers of sysexits.h, so that a script can decide what to do next.
namespace latchkey::exit_code {

inline constexpr int ok = 0;
inline constexpr int negative = 1;  ///< the command worked, and its answer is no
inline constexpr int usage = 64;
inline constexpr int bad_data = 65;
inline constexpr int unavailable = 69;
inline constexpr int bug = 70;
inline constexpr int later = 75;
inline constexpr int permission = 77;
inline constexpr int configuration = 78;

}  // namespace latchkey::exit_code
