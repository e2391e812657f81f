#pragma once

#include <memory>

#include "proto/file.pb.h"
#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {

// What the scenarios of files do, with the required fields filled in.

/// Bytes that differ from place to place.
std::string some_bytes(size_t count);

IM::File::IMFileRsp offer(WireClient& client, uint32_t to, const std::string& name, uint32_t size,
                          IM::BaseDefine::TransferFileType mode);
IM::File::IMFileHasOfflineRsp offline_files_of(WireClient& client);
void delete_offline_file(WireClient& client, const std::string& task_id);

/// A second connection, which carries a file.
///
///   FileClient sender(cluster.client_port("msg_server_0"), alice.user_id(), task_id, kSender);
class FileClient {
 public:
  /// Logs in, and must be answered `expected`.
  FileClient(uint16_t port, uint32_t user, const std::string& task_id, IM::BaseDefine::ClientFileRole role,
             IM::BaseDefine::FileServerError expected = IM::BaseDefine::FILE_SERVER_ERRNO_OK);

  uint16_t ask(uint32_t offset, uint32_t size);
  IM::File::IMFilePullDataRsp answer(uint16_t seq) { return wire_.expect<IM::File::IMFilePullDataRsp>(seq); }
  IM::File::IMFilePullDataRsp pull(uint32_t offset, uint32_t size) { return answer(ask(offset, size)); }
  /// Pulls the file's rest, several pieces at a time.
  std::string pull_all(uint32_t begin, uint32_t file_size, uint32_t piece = 256 << 10);

  void say(IM::BaseDefine::ClientFileState state);
  IM::BaseDefine::ClientFileState heard() { return wire_.expect<IM::File::IMFileState>().state(); }

  void give(uint32_t offset, std::string_view bytes, uint16_t seq = 0, uint32_t code = 0);
  /// Answers one pull with what the content has there; returns its offset.
  uint32_t serve_one(std::string_view content);

  WireClient& wire() { return wire_; }

 private:
  WireClient wire_;
  uint32_t user_;
  std::string task_id_;
};

/// Answers what the server pulls until it says that all is there.
void upload(uint16_t port, uint32_t user, const std::string& task_id, std::string_view content);

}  // namespace talkbeat::scenario
