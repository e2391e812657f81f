#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"

namespace talkbeat {

/// A file that somebody sends to somebody, as the server tells of it. A plain value.
struct FileOffer {
  uint32_t from = 0;
  uint32_t to = 0;
  std::string name{};  ///< any bytes: safe_file_name() makes a name of it
  uint32_t size = 0;
  std::string task_id{};
  std::vector<Address> servers{};  ///< where to connect, the best first
  bool offline = false;            ///< the bytes lie at the server; else the sender is there, and waits
};

}  // namespace talkbeat
