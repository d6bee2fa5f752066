#pragma once

// Catch2 3 (Debian 13) has many headers, Catch2 2 (Debian 12) has one.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
