"""aiosmtplib sends mail to aiosmtpd: plain, after STARTTLS, refused, and to one who is slow."""

import asyncio
from email.message import EmailMessage

import aiosmtplib
from aiosmtpd.smtp import SMTP

from tests.ecosystem.network import certificate


async def main(log, hour):
    class Box:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("nobody@"):
                return "550 nobody is nobody"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            subject = envelope.content.decode().split("Subject: ")[1].split("\r\n")[0]
            log("server:", subject, "for", envelope.rcpt_tos, "TLS" if session.ssl else "plain")
            if subject == "slow":
                await asyncio.sleep(hour)
            return "250 kept"

    def mail(subject):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "ada@here", "bob@there", subject
        message.set_content("Dear Bob,\n.\nthat was a line with a dot\n")
        return message

    def smtp():
        return SMTP(Box(), hostname="mail", tls_context=certificate.for_servers(), timeout=3 * hour)

    server = await asyncio.get_running_loop().create_server(smtp, "127.0.0.1", 0)
    async with server:
        options = {"hostname": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
        options |= {"local_hostname": "here", "timeout": 2 * hour}
        errors, answer = await aiosmtplib.send(mail("plain"), **options, start_tls=False)
        log(errors, answer)
        client = aiosmtplib.SMTP(**options, tls_context=certificate.for_clients())
        async with client:
            log(client.is_connected, client.get_transport_info("ssl_object") is not None)
            await client.send_message(mail("secret"))
            try:
                await client.sendmail("ada@here", ["nobody@there"], "")
            except aiosmtplib.SMTPRecipientsRefused as refused:
                log([error.message for error in refused.recipients])
            await client.send_message(mail("slow"))
            log("sent")
            try:
                await client.send_message(mail("slow"), timeout=hour / 2)
            except aiosmtplib.SMTPReadTimeoutError as error:
                log(error)


TOLD = """\
0 server: plain for ['bob@there'] plain
0 {} kept
0 True True
0 server: secret for ['bob@there'] TLS
0 ['nobody is nobody']
0 server: slow for ['bob@there'] TLS
3600 sent
3600 server: slow for ['bob@there'] TLS
5400 Timed out waiting for server response
"""
