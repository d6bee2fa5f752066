#pragma once

namespace latchkey::paho {

/// Keeps the library's threads alive while there is a link in the process. It stops them with its last
/// client, takes a second for that, and is not safe against a client that is created meanwhile; links make a
/// new client for each connection, so without this every reconnect of a lone link would go through there.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Wakes the library's sending thread. A message that is handed over at the moment when that thread goes to
  /// sleep is noticed a second later (C 1.3.12 and 1.3.14), or with the next message of anybody: so this
  /// gives it one.
  void nudge() const noexcept;
};

}  // namespace latchkey::paho
