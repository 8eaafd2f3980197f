"""The description of our door that a SOAP library reads before it calls (WSDL 1.1, document/literal)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from adapters.police.envelope import NAMESPACE, OPERATION, RETURN

_WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="DisputeService" targetNamespace="{namespace}" xmlns:tns="{namespace}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <wsdl:types>
    <xsd:schema targetNamespace="{namespace}" elementFormDefault="qualified">
      <xsd:element name="{operation}">
        <xsd:complexType><xsd:sequence>
          <xsd:element name="xtlb" type="xsd:string"/>
          <xsd:element name="jkxlh" type="xsd:string"/>
          <xsd:element name="jkid" type="xsd:string"/>
          <xsd:element name="xmlDoc" type="xsd:string"/>
        </xsd:sequence></xsd:complexType>
      </xsd:element>
      <xsd:element name="{operation}Response">
        <xsd:complexType><xsd:sequence>
          <xsd:element name="{returned}" type="xsd:string"/>
        </xsd:sequence></xsd:complexType>
      </xsd:element>
    </xsd:schema>
  </wsdl:types>
  <wsdl:message name="{operation}Request"><wsdl:part name="parameters" element="tns:{operation}"/></wsdl:message>
  <wsdl:message name="{operation}Response">
    <wsdl:part name="parameters" element="tns:{operation}Response"/>
  </wsdl:message>
  <wsdl:portType name="DisputePort">
    <wsdl:operation name="{operation}">
      <wsdl:input message="tns:{operation}Request"/>
      <wsdl:output message="tns:{operation}Response"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="DisputeBinding" type="tns:DisputePort">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="{operation}">
      <soap:operation soapAction="{namespace}#{operation}"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="DisputeService">
    <wsdl:port name="DisputePort" binding="tns:DisputeBinding"><soap:address location="{location}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""


def description(location: str) -> bytes:
    """Return the WSDL of the door at ``location``."""
    filled = _WSDL.format(
        namespace=NAMESPACE, operation=OPERATION, returned=RETURN, location=escape(location, {'"': "&quot;"})
    )
    return filled.encode()
