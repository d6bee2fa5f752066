#pragma once

namespace latchkey::paho {

/// Keeps Paho's threads alive while the process has a link. Paho stops its threads with its last client,
/// which takes a second and is not safe against a client that is created meanwhile. Links make a new client
/// for each connection, so without this every reconnect of a single link would stop them.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Wakes Paho's sending thread by a message of its own. Paho (C 1.3.12 and 1.3.14) may overlook a message
  /// for a second if the thread is just going to sleep; any other message wakes it.
  void wake_sender() const noexcept;
};

}  // namespace latchkey::paho
