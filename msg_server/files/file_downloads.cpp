#include "msg_server/files/file_downloads.h"

#include "base/log.h"

namespace talkbeat {

using IM::File::IMFilePullDataReq;
using IM::File::IMFilePullDataRsp;
using IM::File::IMFileState;

namespace {

// A receiver's devices; and no task is a way to take all places of this server.
constexpr size_t kMostOfOneFile = 3;

}  // namespace

void FileDownloads::log_in(Connection& connection, uint16_t seq_num, const OfflineFile& file) {
  make_room(file.task_id);
  auto place = context_.places.take(file.from, TransferPlaces::Use::kFetched, context_.settings());
  if (!place) {
    refuse_file_login(connection, seq_num, file.task_id, IM::BaseDefine::FILE_SERVER_ERRNO_CREATE_TASK_ERROR);
    return;
  }
  downloads_.try_emplace(connection.id(), file, context_.pull_limits(), std::move(*place), context_.now());
  context_.figures.began(TransferKind::kDownload);
  accept_file_login(context_, connection, seq_num, file.to, {IM::BaseDefine::CLIENT_OFFLINE_DOWNLOAD, file.task_id});
}

// The connection that has fetched it for longest is a dead one, most likely, that nobody has noticed yet.
void FileDownloads::make_room(const std::string& task_id) {
  size_t count = 0;
  ConnId oldest = ConnId::kNone;
  for (const auto& [conn, download] : downloads_) {
    if (download.file.task_id != task_id) continue;
    ++count;
    if (oldest == ConnId::kNone || conn < oldest) oldest = conn;
  }
  Connection* replaced = count < kMostOfOneFile ? nullptr : context_.server.connections.find(oldest);
  if (replaced != nullptr) replaced->close(CloseReason::kReplaced);
}

Verdict FileDownloads::say(ClientContext& client, const PduHeader& /*header*/, const IMFileState& state) {
  Download& download = downloads_.at(client.connection.id());
  switch (state.state()) {
    case IM::BaseDefine::CLIENT_FILE_PEER_READY:
      return Verdict::refused(ERROR_NOT_ALLOWED, "not this side's to say");
    case IM::BaseDefine::CLIENT_FILE_DONE:
      download.end = TransferEnd::kDone;
      break;
    case IM::BaseDefine::CLIENT_FILE_CANCEL:
      download.end = TransferEnd::kCancelled;
      break;
    case IM::BaseDefine::CLIENT_FILE_REFUSE:
      download.end = TransferEnd::kRefused;
      context_.shelf.remove(download.file.task_id, download.file.to, [](const StoreResult<bool>&) {});
      break;
  }
  return Verdict::close(CloseReason::kAnswered);
}

Verdict FileDownloads::pull(ClientContext& client, const PduHeader& header, const IMFilePullDataReq& request) {
  const ConnId conn = client.connection.id();
  const auto asked = downloads_.at(conn).pulls.ask(request.offset(), request.data_size(), header.seq_num);
  pump(conn);
  return answer_asked(client, header, request, asked);
}

Verdict FileDownloads::data(ClientContext& client, const PduHeader& header, const IMFilePullDataRsp& /*data*/) {
  return refuse_unasked(client.connection, header);
}

void FileDownloads::left(Connection& connection, const TransferSeat& seat) {
  const auto found = downloads_.find(connection.id());
  if (found == downloads_.end()) return;
  const Download& download = found->second;
  context_.figures.ended(TransferKind::kDownload, download.end);
  log_info("transfer_ended", {{"kind", to_string(TransferKind::kDownload)},
                              {"conn", connection.id()},
                              {"task", short_task(seat.task_id)},
                              {"from", download.file.from},
                              {"to", download.file.to},
                              {"end", to_string(download.end)},
                              {"bytes", download.bytes}});
  downloads_.erase(found);
}

// Where nothing has moved for long, the receiver either does not pull or does not read.
void FileDownloads::on_tick() {
  std::vector<ConnId> ids;
  for (const auto& [conn, download] : downloads_) ids.push_back(conn);
  for (const ConnId conn : ids) {
    pump(conn);
    const auto found = downloads_.find(conn);
    if (found == downloads_.end() || context_.now() - found->second.moved_at < context_.settings().peer_timeout_ms) {
      continue;
    }
    found->second.end = TransferEnd::kTimedOut;
    Connection* connection = context_.server.connections.find(conn);
    const bool reads = connection->waiting_to_send() == 0;
    connection->close(reads ? CloseReason::kIdle : CloseReason::kSlowConsumer);
  }
}

// A piece is paid for when it is read: a receiver that asks too often is not refused, but served later. Where the
// workers' queue is full, the next tick tries again.
void FileDownloads::pump(ConnId conn) {
  const auto found = downloads_.find(conn);
  Connection* connection = context_.server.connections.find(conn);
  if (found == downloads_.end() || connection == nullptr) return;
  Download& download = found->second;
  const size_t chunk = context_.pull_limits().chunk;
  if (download.reading || connection->waiting_to_send() > chunk || !download.pulls.fits(SIZE_MAX)) return;
  if (!connection->attachment<ClientSession>().requests.take(context_.now())) return;
  download.reading = read(conn, download, download.pulls.serve());
  if (!download.reading) download.pulls.serve_again();
}

bool FileDownloads::read(ConnId conn, const Download& download, const Pull& pull) {
  return context_.shelf.submit([this, conn, pull, disk = context_.shelf.disk(), task_id = download.file.task_id] {
    FileDisk::Piece piece = disk.read(task_id, pull.offset, pull.size);
    return [this, conn, pull, piece = std::move(piece)] { was_read(conn, pull, piece); };
  });
}

void FileDownloads::was_read(ConnId conn, const Pull& pull, const FileDisk::Piece& piece) {
  const auto found = downloads_.find(conn);
  Connection* connection = context_.server.connections.find(conn);
  if (found == downloads_.end() || connection == nullptr) return;
  Download& download = found->second;
  download.reading = false;
  download.moved_at = context_.now();
  download.bytes += piece.bytes.size();
  download.pulls.fail(pull.offset);  // it is answered, whatever came of it
  context_.figures.moved(TransferKind::kDownload, piece.bytes.size());
  const bool broken = piece.fault != DiskFault::kNone;
  if (broken)
    log_warn("file_not_read",
             {{"conn", conn}, {"task", short_task(download.file.task_id)}, {"why", to_string(piece.fault)}});
  IMFilePullDataRsp response;
  response.set_result_code(broken ? IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR
                                  : IM::BaseDefine::FILE_SERVER_ERRNO_OK);
  response.set_task_id(download.file.task_id);
  response.set_user_id(download.file.to);
  response.set_offset(pull.offset);
  response.set_file_data(piece.bytes);
  send_pdu(*connection, response, pull.seq_num);
  pump(conn);
}

}  // namespace talkbeat
