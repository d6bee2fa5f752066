#include "fuzz/targets.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

// One program for all targets: LATCHKEY_FUZZ_TARGET names the one, LATCHKEY_FUZZ_SEEDS a folder that its
// seeds are written to.
namespace {

const latchkey::fuzz::Target* target = nullptr;

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const auto& seed : target->seeds()) {
    std::ofstream file(folder / ("seed-" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* const name = std::getenv("LATCHKEY_FUZZ_TARGET");
  const char* const seeds = std::getenv("LATCHKEY_FUZZ_SEEDS");
  const auto all = latchkey::fuzz::targets();
  const auto found =
      std::ranges::find(all, std::string_view(name == nullptr ? "" : name), &latchkey::fuzz::Target::name);
  if (found == all.end()) {
    static_cast<void>(std::fputs("LATCHKEY_FUZZ_TARGET has to be one of:", stderr));
    for (const auto& each : all)
      static_cast<void>(std::fprintf(stderr, " %.*s", static_cast<int>(each.name.size()), each.name.data()));
    static_cast<void>(std::fputs("\n", stderr));
    std::exit(64);
  }
  target = &*found;
  if (seeds != nullptr) write_seeds(seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target->feed({data, size});
  return 0;
}
