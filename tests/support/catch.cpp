#include "support/catch.hpp"  // CMake precompiles a header only for a target with a source file
