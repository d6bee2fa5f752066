#include "support/catch.hpp"  // all that this is for: CMake precompiles a header for a target with a source that uses it
