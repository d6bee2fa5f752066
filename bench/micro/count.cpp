// latchkey-count KIND N: processes one request N times, from its bytes to its answer. The difference of two
// runs under callgrind is the number of instructions a request takes (tests/cost).

#include "bench/micro/pure_path.hpp"

#include <charconv>
#include <iostream>
#include <string_view>

/// callgrind counts the instructions below this function, by its name.
extern "C" [[gnu::noinline]] std::size_t latchkey_one_device(const latchkey::bench::PurePath& pure) {
  return pure.provision(pure.decode()).size();
}

int main(int argc, char** argv) {
  using latchkey::bench::Kind;
  const std::string_view kind = argc == 3 ? argv[1] : "";
  const std::string_view number = argc == 3 ? argv[2] : "";
  unsigned times = 0;
  const bool counted = std::from_chars(number.data(), number.data() + number.size(), times).ptr ==
                       number.data() + number.size();
  if ((kind != "hs256_csr" && kind != "es256_x5c_csr") || !counted) {
    std::cerr << "usage: latchkey-count hs256_csr|es256_x5c_csr N\n";
    return 64;
  }
  const latchkey::bench::PurePath pure(kind == "hs256_csr" ? Kind::hs256_csr : Kind::es256_x5c_csr);
  std::size_t bytes = 0;
  for (unsigned i = 0; i < times; ++i)
    bytes += latchkey_one_device(pure);
  return times > 0 && bytes == 0 ? 1 : 0;
}
